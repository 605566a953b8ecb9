#include "exporters/metrics/group_series.h"

namespace connwatch {

std::vector<GroupSeries> SeriesOf(const std::vector<ShownGroup>& groups) {
  std::vector<GroupSeries> series;
  for (const ShownGroup& group : groups) {
    for (const Direction direction : kDirections) {
      if (!group.directions.at(IndexOf(direction))) continue;
      series.push_back(
          {{direction, group.id}, {{"direction", Name(direction)}, {"group", group.name}}});
    }
  }
  return series;
}

}  // namespace connwatch
