#include "core/duration_histogram.h"

#include <algorithm>
#include <cassert>

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

}  // namespace connwatch
