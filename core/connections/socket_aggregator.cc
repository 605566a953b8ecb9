#include "core/connections/socket_aggregator.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/connections/unacked_data.h"

namespace connwatch {

SocketAggregator::SocketAggregator(const AggregationOptions& options, MonotonicTime start,
                                   std::optional<std::chrono::milliseconds> since_previous_poll,
                                   ConnectionClassifier& classifier, ConnectionTracker& tracker)
    : start_(start),
      since_previous_poll_(since_previous_poll),
      classifier_(classifier),
      tracker_(tracker),
      many_ports_(std::numeric_limits<std::uint64_t>::max()),
      observed_(options.rtt_bounds) {
  if (!options.ephemeral_ports) return;
  source_ports_.emplace(*options.ephemeral_ports);
  many_ports_ = std::max<std::uint64_t>(options.ephemeral_ports->count() / kFewPorts, 1);
}

void SocketAggregator::Add(const SocketRecord& record) {
  levels_.states.Add(record.local.address.family(), record.state);
  if (record.state == TcpState::kSynRecv && !record.tcp_info) ++levels_.request_sockets;
  const auto key = KeyOf(record);
  if (key) {
    levels_.groups[*key].Add(record);
    if (const auto age = UnackedFor(record)) AddUnacked(record, *key, *age);
    if (const auto rtt = FreshRtt(record, since_previous_poll_)) observed_.rtt[*key].Observe(*rtt);
    if (record.state == TcpState::kCloseWait) culprits_.Add(Trouble::kCloseWait, *key, record);
    if (record.state == TcpState::kTimeWait) culprits_.Add(Trouble::kTimeWait, *key, record);
  }
  CountPorts(record, key);
}

void SocketAggregator::CountPorts(const SocketRecord& record, const std::optional<GroupKey>& key) {
  if (source_ports_) {
    const std::uint64_t ports = source_ports_->Add(record.local);
    if (ports >= many_ports_) CountPort(Trouble::kSourcePorts, record, ports);
  }
  if (record.state == TcpState::kListen || record.state == TcpState::kClose) return;
  const Direction direction = key ? key->direction : classifier_.DirectionOf(record);
  const bool holds_a_port = direction == Direction::kOutbound;
  if (!holds_a_port) return;
  const std::uint64_t ports = port_usage_.Add(record.local.address, record.remote);
  if (ports >= many_ports_) CountPort(Trouble::kDestinationPorts, record, ports);
}

void SocketAggregator::CountPort(Trouble trouble, const SocketRecord& record, std::uint64_t ports) {
  culprits_.AddPort(trouble, record, ports == many_ports_ ? ports - 1 : 0);
}

std::optional<GroupKey> SocketAggregator::KeyOf(const SocketRecord& record) {
  if (record.state != TcpState::kListen) return tracker_.Observe(record);
  classifier_.AddListener(record, start_);
  const auto classified = classifier_.Classify(record, Direction::kInbound);
  return classified ? std::optional(classified->key) : std::nullopt;
}

void SocketAggregator::AddUnacked(const SocketRecord& record, GroupKey key,
                                  std::chrono::milliseconds age) {
  levels_.groups[key].AddUnacked(age);
  // Clients that vanish are no trouble of this host.
  if (key.direction == Direction::kOutbound) {
    culprits_.Add(Trouble::kRetransmittingSockets, key, record);
  }
}

FullPollResult SocketAggregator::Finish() && {
  levels_.ports_used_peak_destination = port_usage_.busiest();
  if (source_ports_) levels_.ports_used_peak_source = source_ports_->Busiest();
  return {std::move(levels_), std::move(observed_), culprits_.List()};
}

}  // namespace connwatch
