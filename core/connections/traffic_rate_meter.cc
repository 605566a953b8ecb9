#include "core/connections/traffic_rate_meter.h"

#include <utility>

namespace connwatch {

void TrafficRateMeter::Observe(const TrafficLedger& ledger, MonotonicTime now) {
  PerGroup<Moved> moved{Moved{}};
  ledger.ForEach([&](GroupKey key, const GroupTraffic& traffic) {
    moved[key] = {traffic.usage, traffic.closed};
  });
  if (observed_ && now > *observed_) {
    rates_.emplace().span = now - *observed_;
    moved.ForEach([&](GroupKey key, const Moved& after) {
      // Of a group that is new at its place, this is zero.
      const Moved& before = std::as_const(before_)[key];
      const auto rate = [&](std::uint64_t from, std::uint64_t to) {
        return static_cast<double>(to - from) / rates_->span.count();
      };
      rates_->groups[key] = {
          .bytes_sent = rate(before.usage.bytes_sent, after.usage.bytes_sent),
          .bytes_received = rate(before.usage.bytes_received, after.usage.bytes_received),
          .segments_sent = rate(before.usage.segments_sent, after.usage.segments_sent),
          .segments_retransmitted =
              rate(before.usage.segments_retransmitted, after.usage.segments_retransmitted),
          .connections_closed = rate(before.closed, after.closed)};
    });
  }
  before_ = std::move(moved);
  observed_ = now;
}

}  // namespace connwatch
