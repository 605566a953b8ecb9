#include "core/handshakes/latency_counts.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace connwatch {

namespace {

using std::chrono::nanoseconds;
using namespace std::chrono_literals;

// Of one power of ten, in hundredths. Each bucket is about a tenth wide, so two durations in it
// differ by about 10 % at most. 1, 2.5 and 5 are among the bounds.
constexpr std::array kSteps = {100, 110, 120, 130, 140, 150, 165, 180, 195, 210, 230, 250, 275, 300,
                               330, 360, 390, 425, 460, 500, 550, 600, 650, 700, 750, 825, 900};
constexpr nanoseconds kFirst = 50us;
constexpr nanoseconds kLast = 200s;

std::vector<nanoseconds> MakeBounds() {
  std::vector<nanoseconds> bounds;
  for (nanoseconds hundredth = 100ns; hundredth <= 1s; hundredth *= 10) {
    for (const int step : kSteps) {
      const nanoseconds bound = hundredth * step;
      if (bound >= kFirst && bound < kLast) bounds.push_back(bound);
    }
  }
  bounds.push_back(kLast);
  return bounds;
}

constexpr std::array<nanoseconds, 19> kShown = {100us, 250us, 500us, 1ms,   2'500us, 5ms, 10ms,
                                                25ms,  50ms,  100ms, 250ms, 500ms,   1s,  2'500ms,
                                                5s,    10s,   25s,   50s,   100s};

}  // namespace

std::span<const nanoseconds> LatencyBounds() {
  static const std::vector<nanoseconds> bounds = MakeBounds();
  return bounds;
}

std::span<const nanoseconds> ShownLatencyBounds() { return kShown; }

void LatencyCounts::AddBucket(std::size_t bucket, std::uint64_t count) {
  if (buckets_.empty()) buckets_.resize(LatencyBounds().size() + 1);
  buckets_.at(bucket) += count;
  count_ += count;
}

LatencyCounts& LatencyCounts::operator+=(const LatencyCounts& other) {
  for (std::size_t i = 0; i < other.buckets_.size(); ++i) AddBucket(i, other.buckets_[i]);
  sum_ += other.sum_;
  return *this;
}

std::uint64_t LatencyCounts::CountUpTo(Duration bound) const {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < buckets_.size() && i < LatencyBounds().size(); ++i) {
    if (LatencyBounds()[i] > bound) break;
    sum += buckets_[i];
  }
  return sum;
}

std::optional<std::chrono::duration<double>> LatencyCounts::Quantile(double share) const {
  using FloatSeconds = std::chrono::duration<double>;
  if (count_ == 0) return std::nullopt;
  const auto bounds = LatencyBounds();
  const double rank = std::clamp(share, 0.0, 1.0) * static_cast<double>(count_);
  double below = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    const auto here = static_cast<double>(buckets_[i]);
    if (buckets_[i] == count_) return FloatSeconds(sum_) / static_cast<double>(count_);
    if (here == 0 || below + here < rank) {
      below += here;
      continue;
    }
    if (i == bounds.size()) break;
    const FloatSeconds low = i == 0 ? FloatSeconds(0) : FloatSeconds(bounds[i - 1]);
    return low + (FloatSeconds(bounds[i]) - low) * ((rank - below) / here);
  }
  return bounds.back();
}

}  // namespace connwatch
