#include "exporters/metrics/metrics_page.h"

#include "exporters/metrics/alert_families.h"
#include "exporters/metrics/audit_families.h"
#include "exporters/metrics/daemon_families.h"
#include "exporters/metrics/group_families.h"
#include "exporters/metrics/handshake_families.h"
#include "exporters/metrics/kernel_families.h"
#include "exporters/metrics/listener_families.h"
#include "exporters/metrics/metric_families.h"
#include "exporters/metrics/namespace_families.h"
#include "exporters/metrics/socket_families.h"
#include "exporters/metrics/text_format.h"

namespace connwatch {

std::string RenderMetricsPage(const Report& report, MetricsFormat format) {
  const Snapshot& snapshot = *report.snapshot;
  MetricFamilies families;
  AddSockets(families, snapshot);
  AddListeners(families, snapshot);
  AddGroups(families, snapshot);
  AddHandshakes(families, snapshot);
  AddNamespaces(families, snapshot);
  AddFolded(families, snapshot);
  AddTracking(families, snapshot);
  AddPolls(families, snapshot);
  if (report.alerts) AddAlerts(families, *report.alerts);
  AddNotifications(families, report.notifications);
  AddSelfAudit(families, snapshot);
  AddKernelWalk(families, snapshot.walk);
  AddHandshakeTracing(families, snapshot.tracing);
  AddKernelStats(families, snapshot.kernel);
  AddWebRefusals(families, report.web_refusals);
  AddHttpHeldBytes(families, report.http_held_bytes);
  AddLog(families, report.log_lines_lost);
  if (report.incidents) AddIncidentStore(families, *report.incidents);
  AddConfig(families, report.config);
  AddBuild(families, report.build);
  AddProcess(families, report.process);
  return ToTextFormat(families.list(), format);
}

}  // namespace connwatch
