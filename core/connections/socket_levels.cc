#include "core/connections/socket_levels.h"

#include <algorithm>
#include <cmath>

namespace connwatch {

std::uint64_t StateCounts::Total() const {
  std::uint64_t total = 0;
  for (const AddressFamily family : kAddressFamilies) {
    for (const TcpState state : kTcpStates) total += Get(family, state);
  }
  return total;
}

std::optional<double> SockstatDiscrepancy(const SocketLevels& polled, const SocketStats& kernel) {
  if (!kernel.tcp_in_use || !kernel.time_wait) return std::nullopt;
  const std::uint64_t count = polled.states.Total() - polled.request_sockets;
  const std::uint64_t expected =
      *kernel.tcp_in_use + kernel.tcp6_in_use.value_or(0) + *kernel.time_wait;
  const double difference = std::abs(static_cast<double>(count) - static_cast<double>(expected));
  return expected == 0 ? difference : difference / static_cast<double>(expected);
}

std::optional<std::chrono::microseconds> FreshRtt(
    const SocketRecord& record,
    const std::optional<std::chrono::milliseconds>& since_previous_poll) {
  if (record.state != TcpState::kEstablished || !record.tcp_info) return std::nullopt;
  const auto& since_ack = record.tcp_info->since_last_ack_received;
  if (since_previous_poll && since_ack && *since_ack > *since_previous_poll) return std::nullopt;
  return record.tcp_info->rtt;
}

bool GroupLevels::HasConnections() const {
  for (std::size_t i = 0; i < states.size(); ++i) {
    if (i != IndexOf(TcpState::kListen) && states[i] > 0) return true;
  }
  return false;
}

void GroupLevels::Add(const SocketRecord& record) {
  ++states.at(IndexOf(record.state));
  if (record.state == TcpState::kListen || record.state == TcpState::kSynSent) return;
  receive_queue_bytes += record.receive_queue;
  receive_queue_bytes_max = std::max<std::uint64_t>(receive_queue_bytes_max, record.receive_queue);
  send_queue_bytes += record.send_queue;
  send_queue_bytes_max = std::max<std::uint64_t>(send_queue_bytes_max, record.send_queue);
}

void GroupLevels::AddUnacked(std::chrono::milliseconds age) {
  ++retransmitting;
  retransmitting_oldest_age = std::max(retransmitting_oldest_age, age);
}

}  // namespace connwatch
