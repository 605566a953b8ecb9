// What the kernel says about one TCP socket at one moment. Made by netlink/, consumed by the
// aggregator. kernel: include/uapi/linux/inet_diag.h (struct inet_diag_msg) and
// include/uapi/linux/tcp.h (struct tcp_info).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "core/ip_address.h"
#include "core/tcp_state.h"

namespace connwatch {

/// The fields of the kernel's tcp_info that are used. A field that this kernel does not have, or
/// whose value means "never measured", is absent, not 0.
struct TcpInfo {
  /// Smoothed round-trip time (RFC 6298 SRTT). Absent while there is no sample.
  std::optional<std::chrono::microseconds> rtt;
  /// Time since the last ACK arrived.
  std::optional<std::chrono::milliseconds> since_last_ack_received;
};

/// One row of a socket dump.
struct SocketRecord {
  TcpState state = TcpState::kClose;
  Endpoint local;
  Endpoint remote;
  /// Identifies the socket for its whole life, across states; never reused while the host is up.
  std::uint64_t cookie = 0;
  /// LISTEN: connections waiting for accept(2). Other states: unread bytes (Recv-Q).
  std::uint32_t receive_queue = 0;
  /// LISTEN: the accept queue's limit. SYN-SENT: 1, the SYN. Other states: bytes (Send-Q).
  std::uint32_t send_queue = 0;
  /// Absent for request sockets (SYN-RECV) and for TIME-WAIT and FIN-WAIT-2 mini-sockets.
  std::optional<TcpInfo> tcp_info;
};

}  // namespace connwatch
