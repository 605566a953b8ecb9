// The latest values of one subject's signal with the times they were measured at, and what they say
// about its growth. Bounded in memory whatever the window is; pure, time is passed in.
//
// Growth is the difference of two medians, of the last three samples and of the first three,
// divided by the measured time between the samples in their middles. One odd sample, wherever it
// stands, cannot move a median of three beyond its neighbours. Rejected: a least-squares line,
// which one outlier bends, and the median of all slopes (Theil-Sen), which is as robust but blind
// at first: over 30 s, a queue that begins to grow has a median slope of 0 for the first 9 s,
// however steep it is, because most pairs of samples are still from before.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

#include "core/base/instant.h"

namespace connwatch {

struct Sample {
  MonotonicTime time;
  double value = 0;
  double per = 0;  // the second counter of a ratio
};

class SampleWindow {
 public:
  /// Samples that come more often than this many to a window replace the one before them.
  static constexpr int kMaxPerSpan = 30;

  /// Keeps the samples of the last `span`, and the last `min_samples` however old they are.
  SampleWindow(std::chrono::milliseconds span, std::size_t min_samples)
      : span_(span), min_samples_(min_samples) {}

  /// One that is not later than the one before replaces it.
  void Add(const Sample& sample);
  void Clear() { samples_.clear(); }

  /// Oldest first.
  const std::vector<Sample>& samples() const { return samples_; }

  /// See above; in units of the value per second. Absent with fewer than kMinForGrowth samples, or
  /// where they span less than half of the window.
  std::optional<double> Growth() const;

  /// What the counter grew by in a second, from the first sample to the last. Absent with one.
  std::optional<double> Rate() const;

  /// What `value` grew by for each that `per` grew by; absent where that is less than `min_per`.
  std::optional<double> Ratio(double min_per) const;

  /// Two medians of three that share at most one sample.
  static constexpr std::size_t kMinForGrowth = 5;

 private:
  std::chrono::milliseconds span_;
  std::size_t min_samples_;
  std::vector<Sample> samples_;
};

}  // namespace connwatch
