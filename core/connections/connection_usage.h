// The payload that one connection has moved, and the time that it spent on sending. These are the
// kernel's counters without SYN and FIN, which the kernel counts as bytes. Pure.
#pragma once

#include <chrono>
#include <cstdint>

#include "core/base/direction.h"
#include "core/sockets/socket_record.h"

namespace connwatch {

struct ConnectionUsage {
  std::uint64_t bytes_sent = 0;                 // payload that the peer acknowledged
  std::uint64_t bytes_received = 0;             // payload that arrived in order
  std::uint64_t segments_sent = 0;              // retransmissions and pure ACKs included
  std::uint64_t segments_retransmitted = 0;     // with payload: no SYN, SYN-ACK or FIN
  std::chrono::microseconds busy{0};            // time with data to send
  std::chrono::microseconds rwnd_limited{0};    // part of `busy`: held up by the peer's window
  std::chrono::microseconds sndbuf_limited{0};  // part of `busy`: held up by the send buffer

  ConnectionUsage& operator+=(const ConnectionUsage& other);
  bool operator==(const ConnectionUsage&) const = default;
};

/// Returns the usage of an open connection. The record's state shows whether a FIN has arrived. All
/// values are 0 if the kernel has no counters.
ConnectionUsage UsageOf(const SocketRecord& record, Direction direction);

/// Returns the same, but without the last byte received if that may be a FIN that is newer than the
/// state (MayBeNewerThanItsState).
ConnectionUsage SureUsageOf(const SocketRecord& record, Direction direction);

/// Whether the peer's FIN had come, and was counted as a byte received, when a connection ended.
enum class PeerFin : std::uint8_t {
  kAbsent,
  kCounted,
  kDoubtful,  // not known before the next full poll, see ended_connections.h
};

/// Judges by the destroy event, which must have tcp_info with traffic, and by the state in which
/// the connection was last seen. A traced end is certain. Otherwise, after a reset it may return
/// kCounted instead of kAbsent, and kDoubtful if the host itself had dropped what the connection
/// sent.
PeerFin PeerFinOf(const SocketRecord& destroyed, Direction direction, TcpState last_seen);

/// Returns the usage of a connection that has ended, from its destroy event, which must have
/// tcp_info with traffic. If the peer's FIN is doubtful, it is taken as counted, so bytes_received
/// may be one too low. bytes_sent may be one too low after a reset, if the host itself (a packet
/// filter, a full queue) had dropped what the connection sent.
ConnectionUsage FinalUsageOf(const SocketRecord& destroyed, Direction direction, PeerFin peer_fin);

/// Returns true iff the connection was ever established, by its destroy event, which must have
/// tcp_info with traffic. A traced end says so. Otherwise an inbound connection always was, and an
/// outbound one was if its SYN was acknowledged.
bool WasEstablished(const SocketRecord& destroyed, Direction direction);

}  // namespace connwatch
