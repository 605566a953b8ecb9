// A report with something in every field, for tests of what is made from it.
#pragma once

#include <memory>
#include <utility>

#include "core/report.h"
#include "tests/support/alerts.h"
#include "tests/support/history.h"
#include "tests/support/snapshots.h"

namespace connwatch {

/// A report of nothing but `snapshot`.
inline Report ReportOf(Snapshot snapshot) {
  Report report;
  report.snapshot = std::make_shared<const Snapshot>(std::move(snapshot));
  report.build = {"1.2.3", "0123456789ab", "gcc 12.2.0"};
  return report;
}

/// Something of everything, beside `snapshot`.
inline Report FullReport(Snapshot snapshot = FullSnapshot()) {
  using std::chrono::milliseconds;
  Report report = ReportOf(std::move(snapshot));
  report.alerts = TestAlerts();
  report.history = TestHistory();
  report.notifications = {{.receiver = "127.0.0.1:9093",
                           .successes = 7,
                           .failures = 2,
                           .queue_length = 1,
                           .dropped = 3,
                           .left_out = 4,
                           .left_out_by_rule = {{"ConnectsPending", 4}},
                           .clock_ahead = milliseconds(-1'500),
                           .failure = std::nullopt}};
  report.web_refusals = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13};
  report.http_held_bytes = 65'536;
  report.incidents = {.is_persistent = true,
                      .incidents = 14,
                      .bytes = 36'864,
                      .failures = 2,
                      .dropped = 1,
                      .problem = "disk: full"};
  report.log_lines_lost = 12;
  report.config = {.last_reload_successful = false, .last_success = TestInstant(1).wall};
  report.process = {.cpu = milliseconds(1'250),
                    .started = TestInstant(0),
                    .resident_bytes = 8'257'536,
                    .virtual_bytes = 18'092'032,
                    .open_fds = 12,
                    .max_fds = 1'024,
                    .threads = 2};
  report.host = {
      .name = "web1.example.org", .time_zone = "CET", .utc_offset = std::chrono::hours(1)};
  return report;
}

/// Before the first poll.
inline Report EmptyReport() { return ReportOf(EmptySnapshot()); }

}  // namespace connwatch
