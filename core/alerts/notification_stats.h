// How well alerts are delivered. Counted by the AlertSender, part of a Report.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
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
  /// Alerts that fire now and that the receiver is not told of, because there is no room for them,
  /// in all and by the name of their rule.
  std::uint64_t left_out = 0;
  std::map<std::string, std::uint64_t> left_out_by_rule = {};
  /// By how much the receiver's clock is ahead of this host's, as of the latest answer; negative if
  /// it is behind. Absent if it is not known. Of receivers that share a name, the largest
  /// difference.
  std::optional<std::chrono::nanoseconds> clock_ahead = std::nullopt;
  /// Why the latest request failed; absent if it succeeded or there was none. `code` differs
  /// between kinds of failures. `context` contains no secret.
  std::optional<Error> failure;
};

}  // namespace connwatch
