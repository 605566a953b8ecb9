// The families of the metrics page about alerts.
#pragma once

#include "core/alert_table.h"
#include "exporters/metric_families.h"

namespace connwatch {

void AddAlerts(MetricFamilies& families, const AlertTable& table);

}  // namespace connwatch
