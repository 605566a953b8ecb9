// What the kernel says about one TCP socket at one moment. Made by netlink/ for every poll, for
// destroy events and for searches. kernel: include/uapi/linux/inet_diag.h (struct inet_diag_msg)
// and include/uapi/linux/tcp.h (struct tcp_info).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "core/base/ip_address.h"
#include "core/base/tcp_state.h"

namespace connwatch {

/// What a connection has moved since it was opened, as the kernel counts it. SYN and FIN each take
/// a place in the sequence space, so each counts as a byte. core/connections/connection_usage.h
/// subtracts them.
struct TcpTraffic {
  std::uint64_t bytes_acked = 0;     // by the peer; FIN included, and SYN on the side that connects
  std::uint64_t bytes_received = 0;  // in order, FIN included
  std::uint64_t bytes_sent = 0;      // payload, retransmissions included
  std::uint64_t bytes_retransmitted = 0;
  std::uint32_t segments_sent = 0;  // retransmissions and pure ACKs included
  std::uint32_t segments_retransmitted = 0;
  std::chrono::microseconds busy{0};            // time with data to send
  std::chrono::microseconds rwnd_limited{0};    // part of `busy`: held up by the peer's window
  std::chrono::microseconds sndbuf_limited{0};  // part of `busy`: held up by the send buffer
  std::uint32_t segments_unacked = 0;           // sent, and not acknowledged yet
  std::uint32_t bytes_not_sent = 0;             // written by the application, not sent yet

  bool operator==(const TcpTraffic&) const = default;
};

/// How a segment is sent again that the peer has not acknowledged.
struct Retransmission {
  std::chrono::milliseconds timeout{0};  // until the next time, as of the latest one (RFC 6298 RTO)
  std::uint8_t backoff = 0;              // how often the time-out was doubled

  bool operator==(const Retransmission&) const = default;
};

/// The fields of the kernel's tcp_info that are used. A field that this kernel does not have, or
/// whose value means "never measured", is absent, not 0.
struct TcpInfo {
  /// Smoothed round-trip time (RFC 6298 SRTT). Absent while there is no sample.
  std::optional<std::chrono::microseconds> rtt;
  /// The smallest round-trip time of the kernel's window (5 min by default). Absent while there is
  /// no sample.
  std::optional<std::chrono::microseconds> min_rtt;
  /// Time since the last ACK arrived.
  std::optional<std::chrono::milliseconds> since_last_ack_received;
  /// Time since data was sent, or data or an ACK arrived. Sending a pure ACK does not count.
  std::optional<std::chrono::milliseconds> idle;
  /// Absent if the kernel does not have all of it (before 4.19).
  std::optional<TcpTraffic> traffic;
  /// Present iff the retransmission timer runs, or that of a tail loss probe. Then
  /// SocketRecord::retransmissions is how often the first segment without an ACK was sent again.
  std::optional<Retransmission> retransmission;
  /// False iff the peer never answered: no option was agreed on, and no window was announced.
  bool has_heard_peer = true;
};

/// How a connection ended, where its end is traced.
struct ConnectionEnd {
  /// The state that it left for CLOSE.
  TcpState last_state = TcpState::kClose;
  /// True iff the peer's FIN came, and is among TcpTraffic::bytes_received.
  bool has_received_fin = false;

  bool operator==(const ConnectionEnd&) const = default;
};

/// One row of a socket dump.
struct SocketRecord {
  TcpState state = TcpState::kClose;
  Endpoint local;
  Endpoint remote;
  /// The family of the socket itself. kIpv6 with IPv4 addresses means a dual-stack socket that is
  /// used for IPv4.
  AddressFamily socket_family = AddressFamily::kIpv4;
  /// The index of the network interface that the socket is bound to (SO_BINDTODEVICE, a VRF, the
  /// scope of a link-local address); 0 if it is bound to none. For SYN-RECV it is what the
  /// connection will be bound to: the listener's interface. If the listener has none, it may still
  /// be the VRF's (tcp_l3mdev_accept), or for a link-local peer the interface that the SYN arrived
  /// on.
  // kernel: inet_diag_msg_common_fill(): sk_bound_dev_if; request sockets: ir_iif, set by
  // inet_request_bound_dev_if() and tcp_v6_init_req().
  std::uint32_t interface = 0;
  /// The cookie of the network namespace that the socket belongs to; 0 for the namespace of the
  /// source itself. Never reused while the host is up.
  std::uint64_t net_cookie = 0;
  /// Identifies the socket for its whole life, across states; never reused while the host is up. In
  /// other network namespaces it is made up (bpf/walk_parser.h), and two sockets that are there one
  /// after the other may have the same: connections between the same endpoints, or listeners on the
  /// same address.
  std::uint64_t cookie = 0;
  /// LISTEN: connections waiting for accept(2). Other states: unread bytes (Recv-Q).
  std::uint32_t receive_queue = 0;
  /// LISTEN: the accept queue's limit. SYN-SENT: 1, the SYN. Other states: bytes (Send-Q).
  std::uint32_t send_queue = 0;
  /// How often the segment that waits for its ACK was retransmitted: the SYN in SYN-SENT, the
  /// SYN-ACK in SYN-RECV. Without TcpInfo::retransmission it is how many keepalives or probes of
  /// the peer's closed window had no answer, in the other states.
  // kernel: inet_sk_diag_fill(): icsk_retransmits or icsk_probes_out, as the pending timer is.
  std::uint8_t retransmissions = 0;
  /// Time until the pending timer fires; 0 if there is none.
  std::chrono::milliseconds timer_expires{0};
  /// Absent if a dump did not ask for it. Request sockets (SYN-RECV) and mini-sockets (TIME-WAIT,
  /// FIN-WAIT-2) never have it.
  std::optional<TcpInfo> tcp_info;
  /// Packets that the socket dropped, also those whose loss harms nobody. Wraps at 2^32.
  /// Present only if socket memory was asked for.
  std::optional<std::uint32_t> drops;
  /// Inode of the owner's cgroup v2 directory. Absent on request and TIME-WAIT sockets.
  std::optional<std::uint64_t> cgroup_id;
  /// Present only if the record tells of a traced end. Then `state` is kClose.
  std::optional<ConnectionEnd> end;
  /// True iff this is an IPv6 LISTEN socket that takes no IPv4.
  bool is_v6_only = false;
};

/// Returns true iff the counters of a dump's row may be newer than its state, because an ACK has
/// just arrived. kernel: inet_diag reads the state, waits for the socket's lock, and then reads the
/// counters. So a row may say ESTABLISHED although its counters include a FIN, sent or received.
inline bool MayBeNewerThanItsState(const SocketRecord& record) {
  // More than a tick of the kernel's clock and a wait for the lock.
  constexpr std::chrono::milliseconds kJustNow{100};
  return record.tcp_info && record.tcp_info->since_last_ack_received &&
         *record.tcp_info->since_last_ack_received < kJustNow;
}

}  // namespace connwatch
