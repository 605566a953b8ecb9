// Destroy events from this network namespace's kernel: the multicast groups of NETLINK_SOCK_DIAG.
// kernel: sock_diag_broadcast_destroy() in net/core/sock_diag.c.
#pragma once

#include <memory>

#include "core/sockets/destroy_event_source.h"

namespace connwatch {

class InetDestroyEventSource final : public DestroyEventSource {
 public:
  /// Needs no capability. The kernel makes the buffer no larger than twice net.core.rmem_max.
  /// Errors: no netlink socket (EPERM, EMFILE, ...), or no such groups (kernels before 4.3).
  Result<std::unique_ptr<DestroyEventStream>> Open(std::size_t buffer_bytes) override;
};

}  // namespace connwatch
