// Puts a Report together: the only place that does.
#pragma once

#include <memory>
#include <vector>

#include "core/report.h"

namespace connwatch {

/// What is known at one moment, from whoever found it out. Only `snapshot` and `config` must be
/// there; the rest may be left out, as --once does.
struct ReportParts {
  std::shared_ptr<const Snapshot> snapshot;
  ConfigStatus config;
  std::shared_ptr<const AlertList> alerts = nullptr;
  std::shared_ptr<const RecentHistory> history = nullptr;
  std::vector<NotificationStats> notifications = {};
  WebRefusalCounts web_refusals = {};
};

/// Adds what this process is and costs.
Report AssembleReport(ReportParts parts);

}  // namespace connwatch
