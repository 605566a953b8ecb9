// Makes a Report. It is the only place that does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/report.h"

namespace connwatch {

/// What is known at one moment. Only `snapshot` and `config` are required. The rest may be left
/// out, as --once does.
struct ReportParts {
  std::shared_ptr<const Snapshot> snapshot;
  ConfigStatus config;
  std::shared_ptr<const AlertList> alerts = nullptr;
  std::shared_ptr<const RecentHistory> history = nullptr;
  std::optional<IncidentStoreStatus> incidents = std::nullopt;
  std::vector<NotificationStats> notifications = {};
  WebRefusalCounts web_refusals = {};
  std::size_t http_held_bytes = 0;
  std::uint64_t log_lines_lost = 0;
};

/// Adds the build and the process statistics of this process, and what the host is called.
Report AssembleReport(ReportParts parts);

}  // namespace connwatch
