// The facts of one host at one moment: of its own network namespace, and of the others as far as
// they are seen. Values only: a Monitor makes a snapshot, and nobody changes it afterwards. May be
// read on any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/base/instant.h"
#include "core/connections/culprits.h"
#include "core/connections/socket_levels.h"
#include "core/connections/totals_gaps.h"
#include "core/connections/tracker_stats.h"
#include "core/connections/traffic_ledger.h"
#include "core/connections/traffic_rates.h"
#include "core/groups/shown_group.h"
#include "core/handshakes/handshakes.h"
#include "core/handshakes/tracing_status.h"
#include "core/kernel/kernel_rates.h"
#include "core/kernel/kernel_stats.h"
#include "core/listeners/listener.h"
#include "core/listeners/pending_connects.h"
#include "core/namespaces/network_namespace.h"
#include "core/polling/poll_health.h"
#include "core/sockets/destroy_event_stats.h"
#include "core/sockets/walk_status.h"

namespace connwatch {

struct Snapshot {
  /// When it was made.
  Instant at;
  /// The latest complete full poll; absent before the first one. After a failed poll this is still
  /// what the last good poll found: `polls` has its age, and the reason why the latest poll failed.
  std::optional<SocketLevels> sockets;
  SocketTotals totals{{}};
  /// Of the same poll: who is behind what is wrong with connections.
  Culprits culprits;
  /// Absent before the first complete poll of the listeners tier.
  std::optional<ListenerList> listeners;
  /// Absent before the first complete poll of the handshakes tier.
  std::optional<PendingConnects> pending_connects;
  /// The groups that have series of their own.
  std::vector<ShownGroup> groups;
  /// How many other groups were summed up as "other".
  std::uint64_t folded_groups = 0;
  TrafficLedger traffic{GroupTraffic({})};
  /// Absent before the second complete full poll.
  std::optional<GroupRates> group_rates;
  TrackerStats tracker;
  DestroyEventStats destroy_events;
  TotalsGaps totals_gaps;
  /// One for each tier, in the order of kTiers.
  std::vector<PollHealth> polls;
  /// How long this process has not run since its start (core/polling/pauses.h).
  std::chrono::nanoseconds paused{0};
  KernelStats kernel;
  /// When `kernel` was read.
  MonotonicTime kernel_read;
  /// Of the last seconds up to `kernel_read`; absent if the counters could not be read, and before
  /// the second reading.
  std::optional<KernelRates> kernel_rates;
  /// How far the socket count of a full poll was from the kernel's own count, as a share of the
  /// latter. It is about the latest full poll after which the kernel's count could be read. Absent
  /// if there was none.
  std::optional<double> sockstat_discrepancy;
  /// The other network namespaces of the host. Absent if the source of sockets does not see them.
  std::optional<NetworkNamespaces> namespaces;
  WalkStatus walk;
  /// nullptr if handshakes are not traced.
  std::shared_ptr<const Handshakes> handshakes;
  TracingStatus tracing;
};

}  // namespace connwatch
