// A history as a report has it: a sample with everything, and one with nothing.
#pragma once

#include <memory>

#include "core/history/recent_history.h"
#include "tests/support/snapshot_parts.h"

namespace connwatch {

inline std::shared_ptr<const RecentHistory> TestHistory() {
  HistorySample known;
  known.at = TestInstant(15).wall;
  auto& states = known.states.emplace();
  states.at(IndexOf(TcpState::kEstablished)) = 1;
  states.at(IndexOf(TcpState::kListen)) = 2;
  known.listeners = {.syn_queue_length = 20,
                     .syn_queue_utilization_max = 0.078125,
                     .accept_queue_length = 8,
                     .accept_queue_utilization_max = 0.03125};
  known.connects = {.pending = 6, .retransmitting = 2};
  known.rtt_median = std::chrono::microseconds(500);
  known.rates = {.segments_retransmitted_per_second = 3.5,
                 .attempt_fails_per_second = 0.25,
                 .connects_per_second = 12,
                 .accepts_per_second = 40.5,
                 .listen_drops_per_second = 0};
  HistorySample unknown;
  unknown.at = TestInstant(20).wall;
  RecentHistory history;
  history.samples = {known, unknown};
  return std::make_shared<const RecentHistory>(std::move(history));
}

}  // namespace connwatch
