#include "monitor/report_assembly.h"

#include <utility>

#include "procfs/host_identity.h"
#include "procfs/process_stats.h"

namespace connwatch {

Report AssembleReport(ReportParts parts) {
  HostIdentity host = ReadHostIdentity(parts.snapshot->at.wall);
  return {.snapshot = std::move(parts.snapshot),
          .alerts = std::move(parts.alerts),
          .history = std::move(parts.history),
          .incidents = std::move(parts.incidents),
          .notifications = std::move(parts.notifications),
          .web_refusals = parts.web_refusals,
          .http_held_bytes = parts.http_held_bytes,
          .log_lines_lost = parts.log_lines_lost,
          .config = parts.config,
          .process = ReadProcessStats("/proc/self"),
          .host = std::move(host),
          .build = ThisBuild()};
}

}  // namespace connwatch
