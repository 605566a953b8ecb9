#include "core/connections/heavy_hitters.h"

#include <algorithm>

namespace connwatch {

namespace {

std::uint64_t HashOf(const CulpritKey& key) {
  const std::uint64_t group = std::uint64_t{key.group.group.place} << 32U |
                              std::uint64_t{key.group.group.generation} << 16U | key.place.port;
  const std::uint64_t seed =
      key.cgroup_id ^ (group * kDirectionCount + IndexOf(key.group.direction));
  return key.place.address.Hash(key.source.Hash(seed));
}

}  // namespace

void HeavyHitters::Add(const CulpritKey& key, std::uint64_t count) {
  Add({.hash = HashOf(key), .key = key, .count = count, .uncertain = 0});
}

void HeavyHitters::Add(const Place& more) {
  auto& set = sets_.at(more.hash % kSets);
  for (Place& place : set) {
    if (place.hash != more.hash || place.Total() == 0 || place.key != more.key) continue;
    place.count += more.count;
    place.uncertain += more.uncertain;
    return;
  }
  Place& least = *std::ranges::min_element(set, {}, &Place::Total);
  const std::uint64_t taken_over = least.Total();
  least = more;
  least.uncertain += taken_over;
}

void HeavyHitters::Merge(const HeavyHitters& other) {
  for (const auto& set : other.sets_) {
    for (const Place& place : set) {
      if (place.Total() > 0) Add(place);
    }
  }
}

std::vector<Culprit> HeavyHitters::List() const {
  std::vector<Culprit> list;
  for (const auto& set : sets_) {
    for (const Place& place : set) {
      if (place.Total() == 0) continue;
      list.push_back({.key = place.key, .count = place.count, .uncertain = place.uncertain});
    }
  }
  return list;
}

}  // namespace connwatch
