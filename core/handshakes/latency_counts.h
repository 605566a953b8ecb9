// How long handshakes took: counts in buckets that are fine enough for a median within about 10 %,
// and the exact sum. The kernel counts in the same buckets (bpf/trace_layout.h).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace connwatch {

/// The inclusive upper bounds of the buckets, ascending: 50 us to 200 s, 27 for each power of ten.
/// One more bucket takes everything beyond the last bound.
std::span<const std::chrono::nanoseconds> LatencyBounds();

/// Those of LatencyBounds() that the metrics page shows: 100 us to 100 s.
std::span<const std::chrono::nanoseconds> ShownLatencyBounds();

class LatencyCounts {
 public:
  using Duration = std::chrono::nanoseconds;

  /// Adds `count` handshakes to the bucket with this index.
  void AddBucket(std::size_t bucket, std::uint64_t count);
  /// Adds what the handshakes took together.
  void AddSum(Duration sum) { sum_ += sum; }
  LatencyCounts& operator+=(const LatencyCounts& other);

  /// How many handshakes were measured.
  std::uint64_t count() const { return count_; }
  Duration sum() const { return sum_; }
  /// How many took at most `bound`, which must be one of LatencyBounds().
  std::uint64_t CountUpTo(Duration bound) const;
  /// The duration that `share` of the handshakes (0 to 1) did not exceed. Within a bucket they
  /// count as evenly spread; if all are in one bucket, their mean is returned. nullopt if there are
  /// none.
  std::optional<std::chrono::duration<double>> Quantile(double share) const;

  bool operator==(const LatencyCounts&) const = default;

 private:
  std::vector<std::uint64_t> buckets_;  // empty as long as nothing was counted
  std::uint64_t count_ = 0;
  Duration sum_{0};
};

}  // namespace connwatch
