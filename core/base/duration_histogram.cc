#include "core/base/duration_histogram.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <numeric>

namespace connwatch {

DurationHistogram::DurationHistogram(std::span<const Duration> upper_bounds)
    : upper_bounds_(upper_bounds.begin(), upper_bounds.end()),
      bucket_counts_(upper_bounds.size() + 1) {}

void DurationHistogram::Observe(Duration value) {
  const auto bound = std::lower_bound(upper_bounds_.begin(), upper_bounds_.end(), value);
  ++bucket_counts_[static_cast<std::size_t>(bound - upper_bounds_.begin())];
  sum_ += value;
}

void DurationHistogram::Merge(const DurationHistogram& other) {
  assert(upper_bounds_ == other.upper_bounds_);
  for (std::size_t i = 0; i < bucket_counts_.size(); ++i) {
    bucket_counts_[i] += other.bucket_counts_[i];
  }
  sum_ += other.sum_;
}

std::optional<DurationHistogram> DurationHistogram::DeltaSince(
    const DurationHistogram& before) const {
  if (upper_bounds_ != before.upper_bounds_) return std::nullopt;
  DurationHistogram delta = *this;
  for (std::size_t i = 0; i < bucket_counts_.size(); ++i) {
    if (bucket_counts_[i] < before.bucket_counts_[i]) return std::nullopt;
    delta.bucket_counts_[i] -= before.bucket_counts_[i];
  }
  delta.sum_ -= before.sum_;
  return delta;
}

std::optional<std::chrono::duration<double>> DurationHistogram::Quantile(double share) const {
  using Seconds = std::chrono::duration<double>;
  const std::uint64_t total = count();
  if (total == 0 || upper_bounds_.empty()) return std::nullopt;
  const double rank = share * static_cast<double>(total);
  double below = 0;
  Seconds lower(0);
  for (std::size_t i = 0; i < upper_bounds_.size(); ++i) {
    const Seconds upper(upper_bounds_[i]);
    const auto in_bucket = static_cast<double>(bucket_counts_[i]);
    if (in_bucket > 0 && below + in_bucket >= rank) {
      return lower + (upper - lower) * ((rank - below) / in_bucket);
    }
    below += in_bucket;
    lower = upper;
  }
  return lower;
}

std::uint64_t DurationHistogram::count() const {
  return std::accumulate(bucket_counts_.begin(), bucket_counts_.end(), std::uint64_t{0});
}

}  // namespace connwatch
