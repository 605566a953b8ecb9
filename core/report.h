// Everything that the exporters show at one moment: the facts of the host, and how they were
// judged. AssembleReport (monitor/report_assembly.h) is the only place that makes one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/alerts/alert_list.h"
#include "core/alerts/notification_stats.h"
#include "core/base/instant.h"
#include "core/build_info.h"
#include "core/history/recent_history.h"
#include "core/host_identity.h"
#include "core/incidents/incident.h"
#include "core/process_stats.h"
#include "core/snapshot.h"
#include "core/web/web_refusal.h"

namespace connwatch {

struct ConfigStatus {
  /// Whether the latest attempt to load the configuration and the web files succeeded.
  bool last_reload_successful = true;
  /// When such an attempt last succeeded.
  WallTime last_success;
};

/// Values only. May be read on any thread.
struct Report {
  /// Of the network namespace that the daemon runs in. Never null.
  std::shared_ptr<const Snapshot> snapshot;
  /// How the alert rules judged `snapshot`; null if nobody judged it.
  std::shared_ptr<const AlertList> alerts;
  /// The last ten minutes, up to `snapshot`; null if nobody keeps them.
  std::shared_ptr<const RecentHistory> history;
  /// Absent if nobody keeps incidents.
  std::optional<IncidentStoreStatus> incidents;
  /// One for each name of a configured receiver.
  std::vector<NotificationStats> notifications;
  WebRefusalCounts web_refusals{};
  /// Of replies that HTTP clients have not read yet.
  std::size_t http_held_bytes = 0;
  /// Lines of the daemon's log that could not be written, since the start.
  std::uint64_t log_lines_lost = 0;
  ConfigStatus config;
  ProcessStats process;
  HostIdentity host;
  BuildInfo build;
};

}  // namespace connwatch
