#include "core/connections/socket_aggregator.h"

#include <utility>

namespace connwatch {

SocketAggregator::SocketAggregator(const AggregationOptions& options, MonotonicTime start,
                                   std::optional<std::chrono::milliseconds> since_previous_poll,
                                   ConnectionClassifier& classifier, ConnectionTracker& tracker)
    : start_(start),
      since_previous_poll_(since_previous_poll),
      classifier_(classifier),
      tracker_(tracker),
      observed_(options.rtt_bounds) {
  if (options.ephemeral_ports) source_ports_.emplace(*options.ephemeral_ports);
}

void SocketAggregator::Add(const SocketRecord& record) {
  levels_.states.Add(record.local.address.family(), record.state);
  if (record.state == TcpState::kSynRecv && !record.tcp_info) ++levels_.request_sockets;
  const auto key = KeyOf(record);
  if (key) {
    levels_.groups[*key].Add(record);
    if (const auto rtt = FreshRtt(record, since_previous_poll_)) observed_.rtt[*key].Observe(*rtt);
  }
  if (source_ports_) source_ports_->Add(record.local);
  if (record.state == TcpState::kListen || record.state == TcpState::kClose) return;
  const Direction direction = key ? key->direction : classifier_.DirectionOf(record);
  const bool holds_a_port = direction == Direction::kOutbound;
  if (holds_a_port) port_usage_.Add(record.local.address, record.remote);
}

std::optional<GroupKey> SocketAggregator::KeyOf(const SocketRecord& record) {
  if (record.state != TcpState::kListen) return tracker_.Observe(record);
  classifier_.AddListener(record, start_);
  const auto classified = classifier_.Classify(record, Direction::kInbound);
  return classified ? std::optional(classified->key) : std::nullopt;
}

FullPollResult SocketAggregator::Finish() && {
  levels_.ports_used_peak_destination = port_usage_.busiest();
  if (source_ports_) levels_.ports_used_peak_source = source_ports_->Busiest();
  return {std::move(levels_), std::move(observed_)};
}

}  // namespace connwatch
