// Turns the records of one full poll into a SocketTable. Cost per record: one look-up in a small
// set; nothing is allocated per record. Pure; one aggregator per poll.
#pragma once

#include <bitset>
#include <chrono>
#include <optional>
#include <vector>

#include "core/cookie_set.h"
#include "core/port_usage.h"
#include "core/socket_record.h"
#include "core/socket_table.h"

namespace connwatch {

struct AggregationOptions {
  std::vector<DurationHistogram::Duration> rtt_bounds;
};

/// What a full poll found: levels, and what to add to the totals.
struct FullPollResult {
  SocketTable table;
  SocketTotals observed;
};

class SocketAggregator {
 public:
  /// `since_previous_poll` decides which round-trip times are fresh: those with an ACK within it.
  /// Absent for the first poll, which takes all.
  SocketAggregator(const AggregationOptions& options,
                   std::optional<std::chrono::milliseconds> since_previous_poll);

  /// A socket met before (by cookie) is counted as a duplicate and otherwise ignored. Listening
  /// sockets are expected before the connections they accepted: they decide the direction.
  void Add(const SocketRecord& record);

  /// The result; the aggregator is used up.
  FullPollResult Finish() &&;

 private:
  Direction DirectionOf(const SocketRecord& record) const;
  void ObserveRtt(const SocketRecord& record, Direction direction);

  std::optional<std::chrono::milliseconds> since_previous_poll_;
  CookieSet seen_;
  StateCounts states_;
  std::bitset<65536> listened_ports_;
  PortUsage port_usage_;
  SocketTotals observed_;
};

}  // namespace connwatch
