// How fast the totals of a TrafficLedger grow, by direction and group. Values, part of a Snapshot.
// traffic_rate_meter.h makes them.
#pragma once

#include <chrono>
#include <optional>

#include "core/groups/group_key.h"

namespace connwatch {

/// Each per second.
struct TrafficRates {
  double bytes_sent = 0;
  double bytes_received = 0;
  double segments_sent = 0;
  double segments_retransmitted = 0;
  double connections_closed = 0;

  /// The share of the segments sent that were sent again; absent if none was sent.
  std::optional<double> RetransmittedRatio() const {
    if (segments_sent <= 0) return std::nullopt;
    return segments_retransmitted / segments_sent;
  }
};

struct GroupRates {
  /// The time between the two full polls that were compared.
  std::chrono::duration<double> span{0};
  PerGroup<TrafficRates> groups{TrafficRates{}};
};

}  // namespace connwatch
