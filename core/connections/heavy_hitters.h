// Counts by key, in constant memory: the keys with most are kept, the others are not. Each set of
// places is one table of the space-saving algorithm (Metwally, Agrawal and El Abbadi): if there is
// no place for another key, that with least gives way, and the new one takes over its count as what
// is uncertain. A key with more than an eighth of what its set has counted is always there. With
// sets, a look-up is short, and nothing needs to be removed from an index.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/connections/culprits.h"

namespace connwatch {

class HeavyHitters {
 public:
  /// The most keys that are kept.
  static constexpr std::size_t kMaxKeys = 64;

  /// `count` must not be 0.
  void Add(const CulpritKey& key, std::uint64_t count);
  /// Adds what another table has counted.
  void Merge(const HeavyHitters& other);

  std::vector<Culprit> List() const;

 private:
  static constexpr std::size_t kWays = 8;
  static constexpr std::size_t kSets = kMaxKeys / kWays;

  struct Place {
    std::uint64_t hash = 0;
    CulpritKey key;
    std::uint64_t count = 0;  // with `uncertain` 0: the place is free
    std::uint64_t uncertain = 0;

    std::uint64_t Total() const { return count + uncertain; }
  };

  void Add(const Place& more);

  std::array<std::array<Place, kWays>, kSets> sets_;
};

}  // namespace connwatch
