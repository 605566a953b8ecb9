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
  /// Do not count handshakes between two loopback addresses. The ends of such connections are told
  /// nevertheless.
  bool exclude_loopback = false;
  /// Room for ends of connections that wait to be read. Less than 4 KiB counts as 4 KiB, more than
  /// 64 MiB as 64 MiB, and it is rounded up to a power of two.
  std::size_t end_bytes = std::size_t{4} << 20U;
};

/// A source of handshakes and of ends of connections (SocketRecord::end). Used by one thread.
class ConnectionTracing : public HandshakeSource, public DestroyEventSource {};

/// Loads the programs and attaches them. The process needs the same capabilities as for
/// OpenKernelWalk(), and needs them only here. When the process ends, however it does, the kernel
/// removes the programs. An error says in a whole sentence why handshakes cannot be traced, like
/// those of OpenKernelWalk().
Result<std::unique_ptr<ConnectionTracing>> OpenConnectionTracing(const TracingOptions& options);

}  // namespace connwatch
