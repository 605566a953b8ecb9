#include "core/connection_usage.h"

#include <algorithm>

namespace connwatch {

namespace {

constexpr std::uint64_t LessOne(std::uint64_t count, bool is_less) {
  return is_less && count > 0 ? count - 1 : count;
}

// The peer's acknowledgements without our SYN, which only the side that connects counts. kernel:
// tcp_create_openreq_child() starts behind the SYN.
std::uint64_t AckedBehindSyn(const TcpTraffic& traffic, Direction direction) {
  return LessOne(traffic.bytes_acked, direction == Direction::kOutbound);
}

std::uint64_t SentOnce(const TcpTraffic& traffic) {
  return traffic.bytes_sent - std::min(traffic.bytes_retransmitted, traffic.bytes_sent);
}

bool IsFinReceived(TcpState state) {
  return state == TcpState::kCloseWait || state == TcpState::kLastAck ||
         state == TcpState::kClosing || state == TcpState::kTimeWait;
}

ConnectionUsage Usage(const TcpTraffic& traffic, Direction direction, bool fin_received) {
  return {// An acknowledged FIN counts in the one, not in the other.
          .bytes_sent = std::min(AckedBehindSyn(traffic, direction), SentOnce(traffic)),
          .bytes_received = LessOne(traffic.bytes_received, fin_received),
          .segments_sent = traffic.segments_sent,
          .segments_retransmitted = traffic.segments_retransmitted,
          .busy = traffic.busy,
          .rwnd_limited = traffic.rwnd_limited,
          .sndbuf_limited = traffic.sndbuf_limited};
}

}  // namespace

ConnectionUsage& ConnectionUsage::operator+=(const ConnectionUsage& other) {
  bytes_sent += other.bytes_sent;
  bytes_received += other.bytes_received;
  segments_sent += other.segments_sent;
  segments_retransmitted += other.segments_retransmitted;
  busy += other.busy;
  rwnd_limited += other.rwnd_limited;
  sndbuf_limited += other.sndbuf_limited;
  return *this;
}

ConnectionUsage UsageOf(const SocketRecord& record, Direction direction) {
  if (!record.tcp_info || !record.tcp_info->traffic) return {};
  return Usage(*record.tcp_info->traffic, direction, IsFinReceived(record.state));
}

ConnectionUsage FinalUsageOf(const TcpTraffic& traffic, Direction direction, TcpState last_seen) {
  const std::uint64_t acked = AckedBehindSyn(traffic, direction);
  const std::uint64_t sent = SentOnce(traffic);
  // An orderly end: our FIN was acknowledged, and nearly always the peer's had come. Data without
  // an acknowledgement: sent to a peer that had closed, most likely, and answered by a reset.
  const bool is_fin_acked = acked > sent;
  const bool is_data_lost = acked < sent;
  return Usage(traffic, direction, is_fin_acked || is_data_lost || IsFinReceived(last_seen));
}

bool WasEstablished(const TcpTraffic& traffic, Direction direction) {
  return direction == Direction::kInbound || traffic.bytes_acked > 0;
}

}  // namespace connwatch
