// A snapshot with something in every field, for tests of what is made from it.
#pragma once

#include "core/build_info.h"
#include "tests/support/alerts.h"
#include "tests/support/history.h"
#include "tests/support/snapshot_parts.h"

namespace connwatch {

inline const BuildInfo kTestBuild = {"1.2.3", "0123456789ab", "gcc 12.2.0"};

/// Ready, with something of everything.
inline Snapshot FullSnapshot() {
  using std::chrono::milliseconds;
  return {
      .sockets = TestSockets(),
      .totals = TestTotals(),
      .listeners = TestListeners(),
      .pending_connects = TestPendingConnects(),
      .groups = {{kOtherGroup, "other", {true, true}}, {1, "443", {true, false}}},
      .folded_groups = 3,
      .traffic = TestTraffic(),
      .tracker = {.tracked = 40, .left_out = 2, .ended = {30, 1, 2, 3}},
      .destroy_events = {.is_active = true, .events = 36, .overruns = 1, .cpu = milliseconds(20)},
      .polls = TestPolls(),
      .kernel = TestKernelStats(),
      .sockstat_discrepancy = 0.25,
      .process = {.cpu = milliseconds(1'250),
                  .started = TestInstant(0).wall,
                  .resident_bytes = 8'257'536,
                  .virtual_bytes = 18'092'032,
                  .open_fds = 12,
                  .max_fds = 1'024,
                  .threads = 2},
      .config = {.last_reload_successful = false, .last_success = TestInstant(1).wall},
      .web_refusals = {1, 2, 3, 4, 5, 6, 7, 8, 9},
      .alerts = TestAlerts(),
      .notifications = {{.receiver = "127.0.0.1:9093",
                         .successes = 7,
                         .failures = 2,
                         .queue_length = 1,
                         .dropped = 3,
                         .failure = std::nullopt}},
      .history = TestHistory()};
}

/// Before the first poll.
inline Snapshot EmptySnapshot() {
  Snapshot snapshot;
  snapshot.polls = {PollHealth(Tier::kFull, std::chrono::milliseconds(10'000))};
  return snapshot;
}

}  // namespace connwatch
