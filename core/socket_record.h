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
  /// The family of the socket itself; kIpv6 with IPv4 addresses is a dual-stack socket in use by
  /// IPv4.
  AddressFamily socket_family = AddressFamily::kIpv4;
  /// Identifies the socket for its whole life, across states; never reused while the host is up.
  std::uint64_t cookie = 0;
  /// LISTEN: connections waiting for accept(2). Other states: unread bytes (Recv-Q).
  std::uint32_t receive_queue = 0;
  /// LISTEN: the accept queue's limit. SYN-SENT: 1, the SYN. Other states: bytes (Send-Q).
  std::uint32_t send_queue = 0;
  /// Of the segment that waits for its ACK: SYN for SYN-SENT, SYN-ACK for SYN-RECV.
  std::uint8_t retransmissions = 0;
  /// Until the pending timer fires; 0 where there is none.
  std::chrono::milliseconds timer_expires{0};
  /// Absent for request sockets (SYN-RECV) and for TIME-WAIT and FIN-WAIT-2 mini-sockets.
  std::optional<TcpInfo> tcp_info;
  /// Packets the socket dropped, for a LISTEN socket SYNs and final ACKs; wraps at 2^32. Only where
  /// socket memory was asked for.
  std::optional<std::uint32_t> drops;
  /// Inode of the owner's cgroup v2 directory. Absent on request and TIME-WAIT sockets.
  std::optional<std::uint64_t> cgroup_id;
  /// Of an IPv6 LISTEN socket: it takes no IPv4.
  bool is_v6_only = false;
};

}  // namespace connwatch
