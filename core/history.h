// The last ten minutes in a small ring: what a page that is opened after an event still shows. Fed
// with every snapshot, part of the next ones. Pure; time is passed in.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "core/duration_histogram.h"
#include "core/instant.h"
#include "core/poll_ages.h"
#include "core/snapshot.h"

namespace connwatch {

/// Of all listeners together. Utilization is the share of what a queue holds (its limit and one
/// more per socket) that is in use, of the fullest queue.
struct ListenerLoad {
  std::uint64_t syn_queue_length = 0;
  double syn_queue_utilization_max = 0;
  std::uint64_t accept_queue_length = 0;
  double accept_queue_utilization_max = 0;
};

struct ConnectLoad {
  std::uint64_t pending = 0;
  std::uint64_t retransmitting = 0;
};

/// A few seconds that end at `at`. What its tier could not tell then is absent.
struct HistorySample {
  WallTime at;
  /// At the end, by IndexOf(TcpState).
  std::optional<std::array<std::uint64_t, kTcpStateCount>> states = std::nullopt;
  /// The largest seen within, each number for itself.
  std::optional<ListenerLoad> listeners = std::nullopt;
  std::optional<ConnectLoad> connects = std::nullopt;
  /// Of the round-trip times of all groups that were observed within; absent without any.
  std::optional<std::chrono::microseconds> rtt_median = std::nullopt;
};

/// The oldest first. Times are not evenly spaced where polls were late or missing.
struct HistoryTable {
  std::vector<HistorySample> samples;
};

class History {
 public:
  static constexpr std::chrono::seconds kInterval{5};
  static constexpr std::chrono::minutes kSpan{10};
  /// Complete samples kept at most.
  static constexpr std::size_t kCapacity = kSpan / kInterval;

  /// To be called with every snapshot; times must not go back.
  void Observe(const Snapshot& snapshot, Instant now);

  /// As of the latest Observe(), the sample in progress last; never null.
  const std::shared_ptr<const HistoryTable>& table() const { return table_; }

 private:
  struct Kept {
    MonotonicTime end;
    HistorySample sample;
  };

  // Adds to the sample in progress what the snapshot says and is not stale.
  void Add(const Snapshot& snapshot);
  void AddRtt(const DurationHistogram& rtt);
  void Finish(MonotonicTime now);
  std::shared_ptr<const HistoryTable> MakeTable(MonotonicTime now) const;

  PollAges ages_;
  std::optional<MonotonicTime> begin_;  // of the sample in progress; absent before the first
  HistorySample current_;
  std::optional<DurationHistogram> rtt_before_;  // of all groups, when `current_` began
  std::deque<Kept> kept_;
  std::shared_ptr<const HistoryTable> table_ = std::make_shared<const HistoryTable>();
};

}  // namespace connwatch
