#include "core/socket_aggregator.h"

#include <utility>

namespace connwatch {

SocketAggregator::SocketAggregator(const AggregationOptions& options,
                                   std::optional<std::chrono::milliseconds> since_previous_poll)
    : since_previous_poll_(since_previous_poll), observed_(options.rtt_bounds) {}

void SocketAggregator::Add(const SocketRecord& record) {
  if (!seen_.Insert(record.cookie)) {
    ++observed_.dump_duplicates;
    return;
  }
  states_.Add(record.local.address.family(), record.state);
  if (record.state == TcpState::kListen) {
    listened_ports_.set(record.local.port);
    return;
  }
  const Direction direction = DirectionOf(record);
  const bool holds_a_port = direction == Direction::kOutbound && record.state != TcpState::kClose;
  if (holds_a_port) port_usage_.Add(record.local.address, record.remote);
  if (record.state == TcpState::kEstablished) ObserveRtt(record, direction);
}

Direction SocketAggregator::DirectionOf(const SocketRecord& record) const {
  return listened_ports_.test(record.local.port) ? Direction::kInbound : Direction::kOutbound;
}

void SocketAggregator::ObserveRtt(const SocketRecord& record, Direction direction) {
  if (!record.tcp_info || !record.tcp_info->rtt) return;
  const auto& since_ack = record.tcp_info->since_last_ack_received;
  if (since_previous_poll_ && since_ack && *since_ack > *since_previous_poll_) return;
  observed_.rtt[IndexOf(direction)].Observe(*record.tcp_info->rtt);
}

FullPollResult SocketAggregator::Finish() && {
  return {{states_, port_usage_.busiest()}, std::move(observed_)};
}

}  // namespace connwatch
