// What the log says about receivers of alerts: one line when something begins, one when it is over.
// Returns the lines, and writes nothing. Time is passed in.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "core/alerts/notification_stats.h"
#include "core/base/instant.h"
#include "core/base/recurring_trouble.h"

namespace connwatch {

/// For the loop thread.
class ReceiverLog {
 public:
  struct Line {
    LogLevel level = LogLevel::kInfo;
    std::string text;
  };

  /// From this difference on, the clocks differ; below the other one, they agree again.
  static constexpr std::chrono::seconds kMaxClockDifference{30};
  static constexpr std::chrono::seconds kClockAgreement{20};

  /// Takes the numbers of every receiver as they are `now`. Returns what is new.
  std::vector<Line> Observe(const std::vector<NotificationStats>& receivers, Instant now);

 private:
  // Whose trouble was logged.
  struct Known {
    std::optional<int> failure = std::nullopt;  // its code
    RecurringTrouble left_out = {};             // alerts may come and go at the limit
    bool clocks_differ = false;
  };

  static std::optional<Line> OfFailure(const NotificationStats& stats, Known& known);
  static std::optional<Line> OfLeftOut(const NotificationStats& stats, Known& known,
                                       MonotonicTime now);
  static std::optional<Line> OfClock(const NotificationStats& stats, Known& known);

  std::map<std::string, Known> known_;  // by receiver
};

}  // namespace connwatch
