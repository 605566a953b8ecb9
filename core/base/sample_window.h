// The latest values of one subject's signal and the times at which they were measured. Computes
// from them how fast the signal grows. Memory is bounded whatever the window is. Pure; time is
// passed in.
//
// Growth is computed from two medians: that of the first three samples and that of the last three.
// Their difference is divided by the time between the middle sample of the first three and the
// middle sample of the last three. One odd sample, wherever it is, cannot move a median of three
// beyond its neighbours. Rejected: a least-squares line, because one outlier bends it. Also
// rejected: the median of all slopes (Theil-Sen). It is as robust, but it reacts too late. When a
// queue begins to grow, the median slope over 30 s stays 0 for the first 9 s, however steep the
// growth is, because most pairs of samples are still from before.
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
  /// If samples come more often than this many per window, a new sample replaces the one before it.
  static constexpr int kMaxPerSpan = 30;

  /// Keeps the samples of the last `span`, and at least the last `min_samples`, however old they
  /// are.
  SampleWindow(std::chrono::milliseconds span, std::size_t min_samples)
      : span_(span), min_samples_(min_samples) {}

  /// Adds a sample. If it is not later than the latest one, it replaces that one's values.
  void Add(const Sample& sample);
  void Clear() { samples_.clear(); }

  /// Oldest first.
  const std::vector<Sample>& samples() const { return samples_; }

  /// Returns the growth as defined above, in units of the value per second. nullopt if there are
  /// fewer than kMinForGrowth samples, or if they span less than half of the window.
  std::optional<double> Growth() const;

  /// Returns how much the counter grew per second, from the first sample to the last. nullopt if
  /// there are fewer than two samples.
  std::optional<double> Rate() const;

  /// Returns the growth of `value` divided by the growth of `per`. nullopt if `per` grew by less
  /// than `min_per` or not at all.
  std::optional<double> Ratio(double min_per) const;
  /// The same where `value` counts some of what `per` counts. If `value` did not grow, it is 0,
  /// also if `per` grew by too little.
  std::optional<double> Share(double min_per) const;

  /// Enough for two medians of three that share at most one sample.
  static constexpr std::size_t kMinForGrowth = 5;

 private:
  std::chrono::milliseconds span_;
  std::size_t min_samples_;
  std::vector<Sample> samples_;
};

}  // namespace connwatch
