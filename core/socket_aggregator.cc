#include "core/socket_aggregator.h"

#include <utility>

namespace connwatch {

SocketAggregator::SocketAggregator(const AggregationOptions& options,
                                   std::optional<std::chrono::milliseconds> since_previous_poll)
    : max_listeners_(options.max_listeners),
      since_previous_poll_(since_previous_poll),
      observed_(options.rtt_bounds) {}

void SocketAggregator::Add(const SocketRecord& record) {
  if (!seen_.Insert(record.cookie)) {
    ++observed_.dump_duplicates;
    return;
  }
  states_.Add(record.local.address.family(), record.state);
  if (record.state == TcpState::kListen) AddListener(record);
  if (record.state == TcpState::kEstablished) ObserveRtt(record);
}

void SocketAggregator::AddListener(const SocketRecord& record) {
  listened_ports_.set(record.local.port);
  listeners_[record.local].Add(
      {.sockets = 1, .length = record.receive_queue, .limit = record.send_queue});
}

void SocketAggregator::ObserveRtt(const SocketRecord& record) {
  if (!record.tcp_info || !record.tcp_info->rtt) return;
  const auto& since_ack = record.tcp_info->since_last_ack_received;
  if (since_previous_poll_ && since_ack && *since_ack > *since_previous_poll_) return;
  const auto direction =
      listened_ports_.test(record.local.port) ? Direction::kInbound : Direction::kOutbound;
  observed_.rtt[IndexOf(direction)].Observe(*record.tcp_info->rtt);
}

FullPollResult SocketAggregator::Finish() && {
  SocketTable table;
  table.states = states_;
  for (const auto& [address, queue] : listeners_) {
    if (table.listeners.size() < max_listeners_) {
      table.listeners.push_back({address, queue});
    } else {
      table.other_listeners.Add(queue);
      ++table.folded_listeners;
    }
  }
  return {std::move(table), std::move(observed_)};
}

}  // namespace connwatch
