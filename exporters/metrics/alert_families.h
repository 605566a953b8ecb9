// The families of the metrics page about alerts.
#pragma once

#include <vector>

#include "core/alerts/alert_list.h"
#include "core/alerts/notification_stats.h"
#include "exporters/metrics/metric_families.h"

namespace connwatch {

void AddAlerts(MetricFamilies& families, const AlertList& list);

/// Adds no family if there are no receivers.
void AddNotifications(MetricFamilies& families, const std::vector<NotificationStats>& receivers);

}  // namespace connwatch
