// A histogram of durations with fixed buckets. The counts and the sum are exact integers. Only the
// metrics page turns them into seconds.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace connwatch {

class DurationHistogram {
 public:
  using Duration = std::chrono::microseconds;

  /// `upper_bounds` are inclusive, ascending and without the last bucket, +Inf.
  explicit DurationHistogram(std::span<const Duration> upper_bounds);

  void Observe(Duration value);

  /// Adds the other's observations. Both must have the same bounds.
  void Merge(const DurationHistogram& other);

  /// Returns what was observed since `before`, an earlier state of this histogram. Returns nullopt
  /// if `before` cannot be an earlier state: it has other bounds, or it counts more.
  std::optional<DurationHistogram> DeltaSince(const DurationHistogram& before) const;

  /// Returns the duration that `share` of the observations (0 to 1) does not exceed. It is
  /// estimated as Prometheus' histogram_quantile() does: observations count as evenly spread within
  /// a bucket, and those beyond the largest bound count as being at that bound. nullopt if there
  /// are no observations or no bounds.
  std::optional<std::chrono::duration<double>> Quantile(double share) const;

  std::uint64_t count() const;
  std::span<const Duration> upper_bounds() const { return upper_bounds_; }
  /// One count per bucket, not cumulative; one more than there are bounds.
  std::span<const std::uint64_t> bucket_counts() const { return bucket_counts_; }
  Duration sum() const { return sum_; }

 private:
  std::vector<Duration> upper_bounds_;
  std::vector<std::uint64_t> bucket_counts_;
  Duration sum_{0};
};

}  // namespace connwatch
