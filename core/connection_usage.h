// What one connection has moved in payload and spent in time: the kernel's counters without SYN and
// FIN, which take a place in the sequence space as if they were bytes. Pure.
#pragma once

#include <chrono>
#include <cstdint>

#include "core/direction.h"
#include "core/socket_record.h"

namespace connwatch {

struct ConnectionUsage {
  std::uint64_t bytes_sent = 0;      // payload that the peer acknowledged
  std::uint64_t bytes_received = 0;  // payload that arrived in order
  std::uint64_t segments_sent = 0;   // retransmissions and pure ACKs included
  std::uint64_t segments_retransmitted = 0;
  std::chrono::microseconds busy{0};            // time with data to send
  std::chrono::microseconds rwnd_limited{0};    // of it, held up by the peer's window
  std::chrono::microseconds sndbuf_limited{0};  // of it, held up by the send buffer

  ConnectionUsage& operator+=(const ConnectionUsage& other);
  bool operator==(const ConnectionUsage&) const = default;
};

/// Of an open connection; `state` tells whether a FIN has arrived. All 0 where the kernel has no
/// counters.
ConnectionUsage UsageOf(const SocketRecord& record, Direction direction);

/// Of a connection that has ended, by its destroy event. That one does not say whether a FIN came
/// before the end; the counters and `last_seen`, the state it was last seen in, mostly do. Where
/// they do not, bytes_received may be one too low, after a reset.
ConnectionUsage FinalUsageOf(const TcpTraffic& traffic, Direction direction, TcpState last_seen);

/// Whether the event of an outbound connection shows that it was ever established: its SYN was
/// acknowledged.
bool WasEstablished(const TcpTraffic& traffic, Direction direction);

}  // namespace connwatch
