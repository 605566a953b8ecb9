// What the ListenerTracker remembers of one listener from poll to poll. A part of the tracker.
#pragma once

#include <chrono>
#include <cstdint>
#include <unordered_map>

#include "core/base/instant.h"
#include "core/base/sample_window.h"
#include "core/base/sliding_peak.h"
#include "core/listeners/drop_attribution.h"
#include "core/listeners/handshake_ages.h"
#include "core/listeners/listener.h"
#include "core/listeners/listener_match.h"

namespace connwatch {

struct FollowedListener {
  explicit FollowedListener(std::chrono::milliseconds peak_window)
      : accept_peak(peak_window), utilization_peak(peak_window), syn_peak(peak_window) {}

  bool IsListening() const { return status.accept_queue.sockets > 0; }
  void SetPeaks(MonotonicTime now, ListenerStatus& into) const;

  ListenerStatus status;  // the drops: those that happened while it had a place
  ListenerDrops drops;    // with a place and without
  ListenerSocketKinds kinds;
  bool has_place = false;  // as places_ has it
  bool is_in_trouble = false;
  SynQueue syn_queue_in_poll;
  std::uint64_t settled_in_poll = 0;
  HandshakeAges ages_in_poll;
  std::unordered_map<std::uint64_t, std::uint32_t> sources_in_poll;  // SYN-RECV by prefix
  DropTotals booked;  // of drops, in this status or in other_'s
  std::uint64_t drops_at_commit = 0;
  SlidingPeak<std::uint64_t> accept_peak;
  SlidingPeak<double> utilization_peak;
  SlidingPeak<std::uint64_t> syn_peak;
  std::uint64_t longest_accept_queue = 0;               // since the latest commit
  double load = 0;                                      // how long the queues are, over kLoadMemory
  SampleWindow recent{ListenerStatus::kRecentSpan, 1};  // SYN queue lengths; none while all are 0
  MonotonicTime last_seen;
};

}  // namespace connwatch
