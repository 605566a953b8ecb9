// How the delivery of alerts stands: counted by the AlertSender, part of a Snapshot.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/result.h"

namespace connwatch {

/// Of one receiver, or of all that share a name.
struct NotificationStats {
  std::string receiver;  // AlertReceiver::name
  /// Requests, each with one or more alerts.
  std::uint64_t successes = 0;
  std::uint64_t failures = 0;
  /// Alerts that are to be told as soon as the receiver takes them.
  std::uint64_t queue_length = 0;
  /// Alerts given up: resolved and not taken for too long, or beyond the limit.
  std::uint64_t dropped = 0;
  /// Why the latest request failed; absent where it succeeded or there was none. `code` tells kinds
  /// of failures apart, `context` holds no secret.
  std::optional<Error> failure;
};

}  // namespace connwatch
