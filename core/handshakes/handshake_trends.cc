#include "core/handshakes/handshake_trends.h"

#include <algorithm>
#include <utility>

namespace connwatch {

void HandshakeTrends::Add(GroupKey key, const HandshakeBatch& batch) {
  if (key.group.place < kMaxGroups) AddLatency(past_[key].minute, batch);
}

void HandshakeTrends::Advance(MonotonicTime now) {
  if (!minute_began_) minute_began_ = now;
  const auto span = kMinute * static_cast<int>(kMinutesPerSlice * (kSlices + 2));
  if (now - *minute_began_ >= span) {  // nothing of the past is left
    past_ = PerGroup<Past>({});
    minute_began_ = now;
  }
  for (; now - *minute_began_ >= kMinute; *minute_began_ += kMinute) TurnMinute();
}

void HandshakeTrends::TurnMinute() {
  const bool is_slice_over = ++minutes_ == kMinutesPerSlice;
  if (is_slice_over) minutes_ = 0;
  past_.ChangeAll([&](Past& past) {
    past.hour.front() += past.last_minute;
    past.last_minute = std::exchange(past.minute, {});
    if (!is_slice_over) return;
    std::rotate(past.hour.begin(), past.hour.end() - 1, past.hour.end());
    past.hour.front() = {};
  });
}

PerGroup<std::optional<LatencyTrend>> HandshakeTrends::Read() const {
  PerGroup<std::optional<LatencyTrend>> trends(std::nullopt);
  past_.ForEach([&](GroupKey key, const Past& past) {
    LatencyCounts now = past.minute;
    now += past.last_minute;
    LatencyCounts before;
    for (const LatencyCounts& slice : past.hour) before += slice;
    if (now.count() < kMinHandshakes || before.count() < kMinHandshakes) return;
    trends[key] = LatencyTrend{*now.Quantile(0.5), *before.Quantile(0.5)};
  });
  return trends;
}

}  // namespace connwatch
