// Which series a family by group has: one for each group that is shown and each of its directions.
#pragma once

#include <vector>

#include "core/groups/shown_group.h"
#include "exporters/metrics/metric_families.h"

namespace connwatch {

struct GroupSeries {
  GroupKey key;
  Labels labels;  // direction and group
};

/// Valid as long as `groups`.
std::vector<GroupSeries> SeriesOf(const std::vector<ShownGroup>& groups);

}  // namespace connwatch
