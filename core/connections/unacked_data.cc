#include "core/connections/unacked_data.h"

#include <algorithm>

namespace connwatch {

namespace {

using std::chrono::milliseconds;

// kernel: TCP_RTO_MAX and TCP_RTO_MIN
constexpr milliseconds kRtoMax{120'000};
constexpr milliseconds kRtoMin{200};
// From a millisecond to the maximum.
constexpr unsigned kMaxBackoff = 17;

constexpr TcpStateSet kSendingStates = {TcpState::kEstablished, TcpState::kFinWait1,
                                        TcpState::kCloseWait, TcpState::kLastAck,
                                        TcpState::kClosing};

// The first time-out, before any doubling. At its maximum the present one does not tell, so it is
// taken as the kernel computes it for a steady round-trip time.
milliseconds FirstTimeout(const TcpInfo& info, unsigned doublings) {
  const milliseconds timeout = info.retransmission->timeout;
  if (timeout < kRtoMax) return milliseconds(timeout.count() >> doublings);
  const auto rtt = info.rtt.value_or(std::chrono::microseconds(0));
  return kRtoMin + std::chrono::duration_cast<milliseconds>(rtt);
}

// kernel: tcp_retransmit_timer() doubles the time-out with each retransmission. What was not
// doubled was taken back by an ICMP error (tcp_ld_RTO_revert()) or is a thin stream's
// (tcp_thin_linear_timeouts): then the time-outs stay about equal.
milliseconds Age(const SocketRecord& record) {
  const Retransmission& timer = *record.tcp_info->retransmission;
  const unsigned retransmissions = record.retransmissions;
  const unsigned doublings = std::min({retransmissions, unsigned{timer.backoff}, kMaxBackoff});
  const milliseconds since_latest = timer.timeout - std::min(timer.timeout, record.timer_expires);
  milliseconds age = since_latest + (retransmissions - doublings) * timer.timeout;
  milliseconds timeout = FirstTimeout(*record.tcp_info, doublings);
  for (unsigned i = 0; i < doublings; ++i) {
    age += timeout;
    timeout = std::min(2 * timeout, kRtoMax);
  }
  return age;
}

}  // namespace

std::optional<milliseconds> UnackedFor(const SocketRecord& record) {
  if (record.retransmissions < kMinRetransmissions || !record.tcp_info ||
      !record.tcp_info->retransmission || !kSendingStates.Has(record.state)) {
    return std::nullopt;
  }
  return Age(record);
}

}  // namespace connwatch
