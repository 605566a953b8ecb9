// Connections as the kernel would show them: counters that include SYN and FIN.
#pragma once

#include <cstdint>

#include "core/connections/connection_usage.h"
#include "core/groups/connection_classifier.h"
#include "tests/support/records.h"

namespace connwatch {

/// A connection between 192.0.2.1 and 192.0.2.2, open, with everything acknowledged.
struct TestConnection {
  /// Connections whose cookies differ by this have the same ports.
  static constexpr std::uint64_t kOtherPorts = 20'000;

  std::uint64_t cookie = 0;
  Direction direction = Direction::kOutbound;
  std::uint64_t sent = 0;      // payload
  std::uint64_t received = 0;  // payload
  std::uint16_t port = 443;    // of the listening side

  SocketRecord Row(TcpState state = TcpState::kEstablished) const {
    return Make(state, /*fin_acked=*/false, state == TcpState::kCloseWait);
  }

  /// The destroy event after an orderly end, or after a reset that came while all was quiet.
  SocketRecord End(bool is_orderly = true) const {
    return Make(TcpState::kClose, is_orderly, is_orderly);
  }

  /// The destroy event of the side that closes first, where the peer takes its time.
  SocketRecord EndBeforePeersFin() const {
    return Make(TcpState::kClose, /*fin_acked=*/true, /*fin_received=*/false);
  }

  /// What then stays in its place.
  SocketRecord MiniSocket(TcpState state = TcpState::kTimeWait) const {
    SocketRecord record = Row(state);
    record.cookie += 1'000'000;
    record.tcp_info.reset();
    return record;
  }

  /// A traced end. `last_state` tells whether a FIN was sent.
  SocketRecord TracedEnd(TcpState last_state, bool fin_received) const {
    SocketRecord record = Make(TcpState::kClose, HasSentFin(last_state), fin_received);
    record.end = ConnectionEnd{last_state, fin_received};
    return record;
  }

  /// The destroy event after the kernel has disconnected the socket.
  SocketRecord BlankEnd() const {
    SocketRecord record =
        Established(cookie, direction == Direction::kInbound ? port : OtherPort());
    record.state = TcpState::kClose;
    record.remote = {};
    record.send_queue = 65'538;
    record.tcp_info.emplace();
    record.tcp_info->traffic.emplace();
    return record;
  }

 private:
  // Of the side that connects.
  std::uint16_t OtherPort() const {
    return static_cast<std::uint16_t>(40'000 + cookie % kOtherPorts);
  }

  SocketRecord Make(TcpState state, bool fin_acked, bool fin_received) const {
    SocketRecord record =
        Established(cookie, direction == Direction::kInbound ? port : OtherPort());
    record.state = state;
    record.remote.port = direction == Direction::kInbound ? OtherPort() : port;
    const bool syn_acked = direction == Direction::kOutbound;
    record.tcp_info.emplace();
    record.tcp_info->rtt = std::chrono::microseconds(300);
    record.tcp_info->min_rtt = std::chrono::microseconds(200);
    record.tcp_info->idle = std::chrono::milliseconds(0);
    record.tcp_info->traffic = {.bytes_acked = sent + (syn_acked ? 1U : 0U) + (fin_acked ? 1U : 0U),
                                .bytes_received = received + (fin_received ? 1U : 0U),
                                .bytes_sent = sent + 7,  // retransmitted once
                                .bytes_retransmitted = 7,
                                .segments_sent = 9,
                                .segments_retransmitted = 1,
                                .busy = std::chrono::microseconds(2'700),
                                .rwnd_limited = std::chrono::microseconds(1'400),
                                .sndbuf_limited = std::chrono::microseconds(600)};
    return record;
  }
};

/// Groups by port, no rules.
inline ConnectionClassifier PlainClassifier(std::size_t max_groups = 100) {
  return {ClassifierOptions{
              .groups = {.rules = {}, .group_by = GroupBy::kPort, .max_groups = max_groups},
              .exclude_loopback = false},
          [](std::uint64_t /*cgroup_id*/) { return std::string(); }};
}

}  // namespace connwatch
