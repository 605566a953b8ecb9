#include "core/sockets/opener_evidence.h"

#include <cstdint>

namespace connwatch {

namespace {

constexpr OpenerEvidence kInboundProof{Direction::kInbound, true};
constexpr OpenerEvidence kOutboundProof{Direction::kOutbound, true};

// `syns` is how many SYNs of this side seem to have been counted.
OpenerEvidence BySyns(std::int64_t syns, bool is_proof) {
  if (syns == 0) return {Direction::kInbound, is_proof};
  if (syns == 1) return {Direction::kOutbound, is_proof};
  return {};
}

// What was acknowledged beyond what was sent.
std::int64_t Surplus(const TcpTraffic& traffic) {
  return static_cast<std::int64_t>(traffic.bytes_acked - traffic.bytes_sent +
                                   traffic.bytes_retransmitted);
}

// The same, if everything in flight had been acknowledged.
std::int64_t FinalSurplus(const SocketRecord& record, const TcpTraffic& traffic) {
  return Surplus(traffic) + record.send_queue - traffic.bytes_not_sent;
}

// No FIN was sent, by the state. If the state is older than the counters, an acknowledged FIN looks
// like an acknowledged SYN.
OpenerEvidence OfOpen(const SocketRecord& record, const TcpTraffic& traffic) {
  const std::int64_t surplus = Surplus(traffic);
  if (surplus == 1) return {Direction::kOutbound, !MayBeNewerThanItsState(record)};
  if (surplus == 0 && traffic.segments_unacked == 0) return kInboundProof;
  return BySyns(FinalSurplus(record, traffic), /*is_proof=*/false);
}

// The FIN may still wait behind data.
OpenerEvidence OfClosing(const SocketRecord& record, const TcpTraffic& traffic) {
  if (traffic.bytes_not_sent > 0) return OfOpen(record, traffic);
  return BySyns(FinalSurplus(record, traffic) - 1, /*is_proof=*/false);
}

// A traced end: the state before tells of the FIN. A FIN that waits behind data was not sent, and
// is among the bytes that were not.
OpenerEvidence OfTraced(const SocketRecord& record, const TcpTraffic& traffic) {
  if (record.end->last_state == TcpState::kSynSent) return kOutboundProof;
  const bool is_fin_counted = HasSentFin(record.end->last_state) && traffic.bytes_not_sent == 0;
  return BySyns(FinalSurplus(record, traffic) - (is_fin_counted ? 1 : 0), /*is_proof=*/true);
}

// The destroy event. kernel: tcp_write_queue_purge() clears the count of segments in flight before.
OpenerEvidence OfDestroyed(const SocketRecord& record, const TcpTraffic& traffic) {
  if (record.remote.port == 0) return {};  // the kernel cleared everything before it told the end
  if (record.end) return OfTraced(record, traffic);
  if (!record.tcp_info->has_heard_peer) return kOutboundProof;  // a connect that failed
  const std::int64_t surplus = FinalSurplus(record, traffic);
  if (surplus == 0) return kInboundProof;
  if (surplus == 2) return kOutboundProof;
  return {};  // 1: it connected and was reset, or it accepted and sent a FIN
}

}  // namespace

OpenerEvidence EvidenceOf(const SocketRecord& record) {
  if (record.state == TcpState::kSynSent) return kOutboundProof;
  if (!record.tcp_info) {
    return record.state == TcpState::kSynRecv ? kInboundProof : OpenerEvidence{};
  }
  if (!record.tcp_info->traffic) return {};
  const TcpTraffic& traffic = *record.tcp_info->traffic;
  switch (record.state) {
    case TcpState::kSynRecv:
    case TcpState::kEstablished:
    case TcpState::kCloseWait:
      return OfOpen(record, traffic);
    case TcpState::kFinWait1:
    case TcpState::kLastAck:
    case TcpState::kClosing:
      return OfClosing(record, traffic);
    case TcpState::kFinWait2:
      return BySyns(Surplus(traffic) - 1, /*is_proof=*/true);
    case TcpState::kClose:
      return OfDestroyed(record, traffic);
    case TcpState::kSynSent:
    case TcpState::kTimeWait:
    case TcpState::kListen:
      break;
  }
  return {};
}

}  // namespace connwatch
