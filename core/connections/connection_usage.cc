#include "core/connections/connection_usage.h"

#include <algorithm>

namespace connwatch {

namespace {

constexpr std::uint64_t LessOne(std::uint64_t count, bool is_less) {
  return is_less && count > 0 ? count - 1 : count;
}

// What the peer acknowledged, without our SYN. Only the side that connects counts its SYN. kernel:
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

// True iff our FIN was sent and acknowledged. Of an end that was not traced, only that it may have
// been.
bool MayHaveFinAcked(const SocketRecord& record) {
  if (record.state != TcpState::kClose) return record.state == TcpState::kFinWait2;
  const bool is_all_acked = record.send_queue == 0;
  return is_all_acked && (!record.end || HasSentFin(record.end->last_state));
}

// Payload that the peer acknowledged. An acknowledged FIN is in bytes_acked, but not in bytes_sent.
// bytes_sent also counts what the host itself dropped (a packet filter, a full queue). Then it is
// too high, and only the state tells whether bytes_acked includes a FIN.
std::uint64_t AckedPayload(const SocketRecord& record, Direction direction) {
  const TcpTraffic& traffic = *record.tcp_info->traffic;
  const std::uint64_t acked = AckedBehindSyn(traffic, direction);
  const std::uint64_t sent = SentOnce(traffic);
  if (acked >= sent) return sent;
  return LessOne(acked, MayHaveFinAcked(record));
}

// The segments with payload that were sent again. kernel: __tcp_retransmit_skb() adds every
// repeated segment to total_retrans, also a SYN and a FIN, and its payload to bytes_retrans, and
// tcp_create_openreq_child() begins with the repeated SYN-ACKs. Each segment with payload has at
// least a byte of it. So a connection that has repeated nothing but SYN, SYN-ACK or FIN has none;
// another one may have a few too many.
std::uint64_t RetransmittedSegments(const TcpTraffic& traffic) {
  return std::min<std::uint64_t>(traffic.segments_retransmitted, traffic.bytes_retransmitted);
}

ConnectionUsage Usage(const SocketRecord& record, Direction direction, bool fin_received) {
  const TcpTraffic& traffic = *record.tcp_info->traffic;
  return {.bytes_sent = AckedPayload(record, direction),
          .bytes_received = LessOne(traffic.bytes_received, fin_received),
          .segments_sent = traffic.segments_sent,
          .segments_retransmitted = RetransmittedSegments(traffic),
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
  return Usage(record, direction, IsFinReceived(record.state));
}

ConnectionUsage SureUsageOf(const SocketRecord& record, Direction direction) {
  ConnectionUsage usage = UsageOf(record, direction);
  const bool may_be_fin = !IsFinReceived(record.state) && MayBeNewerThanItsState(record);
  usage.bytes_received = LessOne(usage.bytes_received, may_be_fin);
  return usage;
}

PeerFin PeerFinOf(const SocketRecord& destroyed, Direction direction, TcpState last_seen) {
  if (destroyed.end) return destroyed.end->has_received_fin ? PeerFin::kCounted : PeerFin::kAbsent;
  // kernel: a FIN-WAIT-2 socket with tcp_info has a descriptor, to read to the end.
  if (IsFinReceived(last_seen) || last_seen == TcpState::kFinWait2) return PeerFin::kCounted;
  const TcpTraffic& traffic = *destroyed.tcp_info->traffic;
  const std::uint64_t acked = AckedBehindSyn(traffic, direction);
  const std::uint64_t sent = SentOnce(traffic);
  // Some data was not acknowledged. Most likely it was sent to a peer that had closed, which
  // answered with a reset.
  if (acked < sent && destroyed.send_queue > 0) return PeerFin::kCounted;
  const bool is_fin_acked = acked != sent;  // if less, the host itself has dropped segments
  if (!is_fin_acked) return PeerFin::kAbsent;
  // An orderly end. kernel: tcp_diag_get_info(): the receive queue is rcv_nxt - copied_seq, which
  // includes a FIN that came after close(2) or was not read. If it is 0, the FIN was read or has
  // not come: tcp_rcv_state_process() and __tcp_close() turn a socket without a descriptor into a
  // FIN-WAIT-2 mini-socket, which ends the socket.
  return destroyed.receive_queue > 0 ? PeerFin::kCounted : PeerFin::kDoubtful;
}

ConnectionUsage FinalUsageOf(const SocketRecord& destroyed, Direction direction, PeerFin peer_fin) {
  return Usage(destroyed, direction, peer_fin != PeerFin::kAbsent);
}

bool WasEstablished(const SocketRecord& destroyed, Direction direction) {
  if (destroyed.end) {
    return destroyed.end->last_state != TcpState::kSynSent &&
           destroyed.end->last_state != TcpState::kSynRecv;
  }
  return direction == Direction::kInbound || destroyed.tcp_info->traffic->bytes_acked > 0;
}

}  // namespace connwatch
