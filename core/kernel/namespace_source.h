// The interface that tells which network namespaces a host has. bpf/ implements it; tests script
// it.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/port_range.h"
#include "core/base/result.h"
#include "core/kernel/kernel_stats.h"

namespace connwatch {

/// What the kernel says about one network namespace at one moment.
struct NamespaceFacts {
  /// SocketRecord::net_cookie of its sockets. Never reused while the host is up.
  std::uint64_t cookie = 0;
  /// Of /proc/PID/ns/net. The kernel uses it again when the namespace is gone.
  std::uint32_t inode = 0;
  /// Only ListenDrops, SyncookiesSent, PassiveOpens and TCPDeferAcceptDrop are present.
  KernelCounters counters;
  std::optional<PortRange> ephemeral_ports;  // ip_local_port_range
  unsigned syn_linear_timeouts = 0;          // tcp_syn_linear_timeouts; 0 before Linux 6.5
};

/// Used by one thread.
class NamespaceSource {
 public:
  virtual ~NamespaceSource() = default;

  /// Returns every network namespace of the host but the process's own, in no particular order.
  /// Costs a few microseconds for each. An error leaves nothing behind; ask again later.
  virtual Result<std::vector<NamespaceFacts>> ReadNamespaces() = 0;
};

}  // namespace connwatch
