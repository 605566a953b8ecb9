#include "core/base/sample_window.h"

#include <algorithm>

namespace connwatch {

namespace {

using Seconds = std::chrono::duration<double>;

double MedianOf(double a, double b, double c) {
  return std::max(std::min(a, b), std::min(std::max(a, b), c));
}

}  // namespace

void SampleWindow::Add(const Sample& sample) {
  const std::size_t count = samples_.size();
  const bool is_not_later = count > 0 && sample.time <= samples_.back().time;
  const bool is_crowded =
      count > 1 && samples_[count - 1].time - samples_[count - 2].time < span_ / kMaxPerSpan;
  if (is_not_later) {
    samples_.back().value = sample.value;
    samples_.back().per = sample.per;
  } else if (is_crowded) {
    samples_.back() = sample;
  } else {
    samples_.push_back(sample);
  }
  const auto is_kept = [&](const Sample& one) { return one.time >= samples_.back().time - span_; };
  const auto first = std::ranges::find_if(samples_, is_kept);
  const auto enough =
      samples_.end() - static_cast<std::ptrdiff_t>(std::min(samples_.size(), min_samples_));
  samples_.erase(samples_.begin(), std::min(first, enough));
}

std::optional<double> SampleWindow::Growth() const {
  const std::size_t count = samples_.size();
  if (count < kMinForGrowth || samples_.back().time - samples_.front().time < span_ / 2) {
    return std::nullopt;
  }
  const auto median_around = [this](std::size_t middle) {
    return MedianOf(samples_[middle - 1].value, samples_[middle].value, samples_[middle + 1].value);
  };
  const Seconds elapsed = samples_[count - 2].time - samples_[1].time;
  return (median_around(count - 2) - median_around(1)) / elapsed.count();
}

std::optional<double> SampleWindow::Rate() const {
  if (samples_.size() < 2) return std::nullopt;
  const Seconds elapsed = samples_.back().time - samples_.front().time;
  return (samples_.back().value - samples_.front().value) / elapsed.count();
}

std::optional<double> SampleWindow::Ratio(double min_per) const {
  if (samples_.size() < 2) return std::nullopt;
  const double per = samples_.back().per - samples_.front().per;
  if (per <= 0 || per < min_per) return std::nullopt;
  return (samples_.back().value - samples_.front().value) / per;
}

std::optional<double> SampleWindow::Share(double min_per) const {
  const bool is_none = samples_.size() >= 2 && samples_.back().value == samples_.front().value;
  return is_none ? 0 : Ratio(min_per);
}

}  // namespace connwatch
