// Keeps the last ten minutes as a few samples, so that a page that is opened after an event can
// still show it. It is fed with every snapshot. Pure; time is passed in.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "core/base/duration_histogram.h"
#include "core/base/instant.h"
#include "core/history/recent_history.h"
#include "core/polling/poll_ages.h"
#include "core/snapshot.h"

namespace connwatch {

class History {
 public:
  /// How many complete samples are kept at most.
  static constexpr std::size_t kCapacity = RecentHistory::kSpan / RecentHistory::kInterval;

  /// Adds a snapshot. Must be called with every snapshot. Times must not go back. Returns the
  /// samples up to now, the one in progress last; never null.
  std::shared_ptr<const RecentHistory> Observe(const Snapshot& snapshot, Instant now);

 private:
  struct Kept {
    MonotonicTime end;
    HistorySample sample;  // without `at`, see MakeHistory
  };

  // Adds what the snapshot says to the sample in progress, except what is stale.
  void Add(const Snapshot& snapshot);
  void AddRtt(const DurationHistogram& rtt);
  void AddRates(const Snapshot& snapshot);
  // The next sample's rates begin at the counters of this snapshot, if it has some.
  void BeginRates(const Snapshot& snapshot);
  void Finish(MonotonicTime now);
  // Times of day are those of the clock as it is set now, so they ascend even if it was set back.
  std::shared_ptr<const RecentHistory> MakeHistory(Instant now) const;

  PollAges ages_;
  std::optional<MonotonicTime> begin_;  // of the sample in progress; absent before the first
  HistorySample current_;
  std::optional<KernelCounters> counters_before_;  // likewise
  MonotonicTime counters_read_;                    // when these were
  std::optional<DurationHistogram> rtt_before_;    // of all groups, when `current_` began
  std::deque<Kept> kept_;
};

}  // namespace connwatch
