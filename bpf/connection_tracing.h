// Opens the tracing of connections: BPF programs that follow the state changes of TCP sockets in
// all network namespaces, count how each handshake ended, and tell the end of each connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/base/result.h"
#include "core/handshakes/handshake_source.h"
#include "core/sockets/destroy_event_source.h"

namespace connwatch {

struct TracingOptions {
  /// What /proc/sys/net/ipv4/tcp_keepalive_time says: see OpenKernelWalk().
  std::uint64_t tcp_keepalive_time_s = 0;
  /// Leave out connections between two loopback addresses.
  bool exclude_loopback = false;
  /// Room for ends of connections that wait to be read. It is rounded up to a power of two, and is
  /// at least 4 KiB and at most 64 MiB.
  std::size_t end_bytes = std::size_t{4} << 20U;
};

/// A source of handshakes and of ends of connections (SocketRecord::end). Used by one thread.
class ConnectionTracing : public HandshakeSource, public DestroyEventSource {};

/// Loads the programs and attaches them. Needs what OpenKernelWalk() needs, and needs it only here.
/// When the process ends, however it does, the kernel removes the programs. Errors are whole
/// sentences, as those of OpenKernelWalk().
Result<std::unique_ptr<ConnectionTracing>> OpenConnectionTracing(const TracingOptions& options);

}  // namespace connwatch
