// A snapshot with something in every field, for tests of what is made from it.
#pragma once

#include <memory>

#include "tests/support/connection_parts.h"
#include "tests/support/kernel_parts.h"
#include "tests/support/namespaces.h"
#include "tests/support/snapshot_parts.h"
#include "tests/support/traced_handshakes.h"

namespace connwatch {

/// Ready, with something of everything.
inline Snapshot FullSnapshot() {
  using std::chrono::milliseconds;
  return {
      .at = TestInstant(22),
      .sockets = TestSockets(),
      .totals = TestTotals(),
      .culprits = TestCulprits(),
      .listeners = TestListeners(),
      .pending_connects = TestPendingConnects(),
      .groups = {{kOtherGroup, "other", {true, true}}, {kInbound443.group, "443", {true, false}}},
      .folded_groups = 3,
      .traffic = TestTraffic(),
      .group_rates = TestGroupRates(),
      .tracker = {.tracked = 40, .left_out = 2, .ended = {30, 1, 2, 3}, .guessed = {7, 2, 3, 1}},
      .destroy_events = {.is_wanted = true,
                         .is_active = true,
                         .events = 36,
                         .overruns = 1,
                         .cpu = milliseconds(20),
                         .absent = milliseconds(65'500)},
      .totals_gaps = {.is_lost = true, .left_out = 2},
      .polls = TestPolls(),
      .paused = milliseconds(70'250),
      .kernel = TestKernelStats(),
      .kernel_read = TestInstant(21).monotonic,
      .kernel_rates = TestKernelRates(),
      .sockstat_discrepancy = 0.25,
      .namespaces = TestNamespaces(),
      .walk = TestWalk(),
      .handshakes = std::make_shared<const Handshakes>(TestHandshakes()),
      .tracing = TestTracing()};
}

/// The same on a host whose other network namespaces are not seen.
inline Snapshot OwnNamespaceSnapshot() {
  Snapshot snapshot = FullSnapshot();
  snapshot.namespaces.reset();
  snapshot.walk = {.is_in_use = false,
                   .reason = "The capability CAP_BPF is missing: install connwatch-bpf.",
                   .stats = {}};
  return snapshot;
}

/// The same on a host whose handshakes are not traced.
inline Snapshot UntracedSnapshot() {
  Snapshot snapshot = FullSnapshot();
  snapshot.handshakes.reset();
  snapshot.tracing = {.is_in_use = false,
                      .reason = "The configuration says handshake_tracing: off.",
                      .sees_no_route = false,
                      .stats = {}};
  for (NetworkNamespace& netns : snapshot.namespaces->shown) netns.counts.handshakes = {};
  snapshot.namespaces->other.handshakes = {};
  return snapshot;
}

/// Before the first poll.
inline Snapshot EmptySnapshot() {
  Snapshot snapshot;
  snapshot.polls = {PollHealth(Tier::kFull, std::chrono::milliseconds(10'000))};
  return snapshot;
}

}  // namespace connwatch
