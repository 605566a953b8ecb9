// Alerts as the Alertmanager's API v2 takes them (postableAlerts): a JSON array.
// Source: https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "exporters/notify/alert_notice.h"

namespace connwatch {

/// The array, on one line, of limited size. Bytes that are not UTF-8 are replaced.
class AlertMessage {
 public:
  /// The most bytes of an array with more than one alert. A proxy in front of an Alertmanager may
  /// refuse what is longer than its limit; nginx's is 1 MiB. A single alert is always shorter than
  /// that: config/ limits its annotations.
  static constexpr std::size_t kMaxBytes = std::size_t{256} * 1024;

  explicit AlertMessage(NoticeContext context) : context_(std::move(context)) {}

  /// Adds an alert and returns true. Returns false, and adds nothing, if there is no room for it
  /// beside the others. The first one always has room.
  bool Add(const AlertReport& report);

  std::string Finish() &&;

 private:
  static constexpr std::size_t kPunctuationBytes = 2;  // a comma before it, the bracket at the end

  bool is_empty() const { return text_.size() == 1; }

  NoticeContext context_;
  std::string text_ = "[";
};

}  // namespace connwatch
