// Everything known at one moment: what core/ hands to exporters/. Immutable once published; read
// from any thread through shared_ptr<const Snapshot>.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/alerts/notification_stats.h"
#include "core/base/instant.h"
#include "core/connections/connection_tracker.h"
#include "core/connections/socket_table.h"
#include "core/connections/traffic_ledger.h"
#include "core/groups/connection_classifier.h"
#include "core/kernel/kernel_stats.h"
#include "core/listeners/listener.h"
#include "core/listeners/pending_connects.h"
#include "core/polling/poll_health.h"
#include "core/web/web_refusal.h"

namespace connwatch {

/// This process, as proc(5) shows it. A value that could not be read is absent.
struct ProcessStats {
  std::optional<std::chrono::milliseconds> cpu;
  std::optional<WallTime> started;
  std::optional<std::uint64_t> resident_bytes;
  std::optional<std::uint64_t> virtual_bytes;
  std::optional<std::uint64_t> open_fds;
  std::optional<std::uint64_t> max_fds;
  std::optional<std::uint64_t> threads;
};

struct ConfigStatus {
  /// Whether the latest attempt to load the configuration succeeded.
  bool last_reload_successful = true;
  WallTime last_success;
};

struct AlertTable;    // core/alerts/alert_table.h, which looks at snapshots itself
struct HistoryTable;  // core/history/history.h, likewise

struct Snapshot {
  /// The latest complete full poll; absent before the first one. A failed poll leaves it as it was:
  /// `polls` tells its age and the reason.
  std::optional<SocketTable> sockets;
  SocketTotals totals{{}};
  /// Absent before the first complete poll of the listeners tier.
  std::optional<ListenerTable> listeners;
  /// Absent before the first complete poll of the handshakes tier.
  std::optional<PendingConnects> pending_connects;
  /// The groups that have series of their own, and how many others there are.
  std::vector<ShownGroup> groups;
  std::uint64_t folded_groups = 0;
  TrafficLedger traffic{GroupTraffic({})};
  TrackerStats tracker;
  DestroyEventStats destroy_events;
  std::vector<PollHealth> polls;
  KernelStats kernel;
  /// How far the latest full poll's socket count is from the kernel's own, as a share of the
  /// latter. Absent where the kernel's is not known.
  std::optional<double> sockstat_discrepancy;
  ProcessStats process;
  ConfigStatus config;
  WebRefusalCounts web_refusals{};
  /// Null before they were judged.
  std::shared_ptr<const AlertTable> alerts;
  /// One per name of a configured receiver.
  std::vector<NotificationStats> notifications;
  /// The last ten minutes; null where nobody keeps them.
  std::shared_ptr<const HistoryTable> history;
};

}  // namespace connwatch
