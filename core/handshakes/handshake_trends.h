// Compares the latency of each group's outbound handshakes with its own past: the median of the
// latest minute or two with that of the hour before. Pure; time is passed in. Used by one thread.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>

#include "core/base/instant.h"
#include "core/groups/group_key.h"
#include "core/handshakes/handshake_batch.h"
#include "core/handshakes/handshakes.h"

namespace connwatch {

class HandshakeTrends {
 public:
  /// A median of fewer handshakes says nothing.
  static constexpr std::uint64_t kMinHandshakes = 20;

  /// `batch` must be outbound.
  /// The most groups that are compared: the first ones, by their places. Each takes at most 15 kB.
  static constexpr std::size_t kMaxGroups = 1'000;

  void Add(GroupKey key, const HandshakeBatch& batch);
  /// Call it at least once a minute, before Add().
  void Advance(MonotonicTime now);

  /// Returns nullopt for a group with too few handshakes in either time.
  PerGroup<std::optional<LatencyTrend>> Read() const;

 private:
  static constexpr std::chrono::minutes kMinute{1};
  static constexpr std::size_t kMinutesPerSlice = 10;
  static constexpr std::size_t kSlices = 6;  // an hour

  struct Past {
    LatencyCounts minute;                         // this minute
    LatencyCounts last_minute;                    // the one before
    std::array<LatencyCounts, kSlices + 1> hour;  // ten minutes each, the latest first, which grows
  };

  void TurnMinute();

  PerGroup<Past> past_{{}};
  std::optional<MonotonicTime> minute_began_;
  std::size_t minutes_ = 0;  // in the slice that grows
};

}  // namespace connwatch
