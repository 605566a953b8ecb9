// The last minutes of a host as samples: what a page that is opened after an event still shows.
// Made by History, part of a Report.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/instant.h"
#include "core/base/tcp_state.h"

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
struct RecentHistory {
  /// Between two samples, and from the first sample to the last.
  static constexpr std::chrono::seconds kInterval{5};
  static constexpr std::chrono::minutes kSpan{10};

  std::vector<HistorySample> samples;
};

}  // namespace connwatch
