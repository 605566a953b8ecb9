// How well alerts are delivered. Counted by the AlertSender, part of a Report.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/result.h"

namespace connwatch {

/// The numbers of one receiver, or of all receivers that share a name.
struct NotificationStats {
  std::string receiver;  // AlertReceiver::name
  /// Requests, each with one or more alerts.
  std::uint64_t successes = 0;
  std::uint64_t failures = 0;
  /// Alerts that will be sent as soon as the receiver takes them.
  std::uint64_t queue_length = 0;
  /// Alerts that were given up: resolved ones that the receiver did not take for too long, and
  /// those beyond the limit.
  std::uint64_t dropped = 0;
  /// Why the latest request failed; absent if it succeeded or there was none. `code` differs
  /// between kinds of failures. `context` contains no secret.
  std::optional<Error> failure;
};

}  // namespace connwatch
