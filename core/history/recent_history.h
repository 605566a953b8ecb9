// The last minutes of a host as samples, so that a page that is opened after an event can still
// show it. Made by History, part of a Report.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/instant.h"
#include "core/base/tcp_state.h"

namespace connwatch {

/// The sums over all listeners, and the utilization of the fullest queue. An accept queue is that
/// of one socket, full at its limit and one more; a SYN queue is that of a listener, full at its
/// limit. The utilization leaves out SYN queues of listeners that are summed up as "other", and SYN
/// queues with a limit below ListenerStatus::kMinSynQueueLimit or with deferred accept.
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

/// What the kernel counted per second. A rate is absent if the kernel lacks its counter.
struct KernelLoad {
  std::optional<double> segments_retransmitted_per_second;
  std::optional<double> attempt_fails_per_second;
  std::optional<double> connects_per_second;
  std::optional<double> accepts_per_second;
  std::optional<double> listen_drops_per_second;
};

/// A few seconds that end at `at`. A value is absent if its tier could not read it then.
struct HistorySample {
  WallTime at;
  /// At the end, by IndexOf(TcpState).
  std::optional<std::array<std::uint64_t, kTcpStateCount>> states = std::nullopt;
  /// The largest value seen in that time, for each number by itself.
  std::optional<ListenerLoad> listeners = std::nullopt;
  std::optional<ConnectLoad> connects = std::nullopt;
  /// The median of the round-trip times observed in that time, of all groups; absent if there were
  /// none.
  std::optional<std::chrono::microseconds> rtt_median = std::nullopt;
  /// Over the time between the readings of the counters that are nearest to the beginning and to
  /// the end; absent if there were none.
  std::optional<KernelLoad> rates = std::nullopt;
};

/// The oldest sample first. Samples are not evenly spaced if polls were late or missing.
struct RecentHistory {
  /// The usual time between two samples, and the longest time from the first to the last.
  static constexpr std::chrono::seconds kInterval{5};
  static constexpr std::chrono::minutes kSpan{10};

  std::vector<HistorySample> samples;
};

}  // namespace connwatch
