// Opens the walk over the kernel's own table of TCP sockets: a BPF program, loaded once, that sees
// the sockets of every network namespace of the host for a quarter of inet_diag's price.
#pragma once

#include <cstdint>
#include <memory>

#include "core/base/result.h"
#include "core/kernel/namespace_source.h"
#include "core/sockets/cookie_giver.h"
#include "core/sockets/socket_source.h"
#include "core/sockets/walk_status.h"

namespace connwatch {

/// A source of sockets and of network namespaces. Used by one thread.
class SocketWalk : public SocketSource, public NamespaceSource {
 public:
  /// What its walks have met so far.
  virtual const WalkStats& stats() const = 0;
};

/// True iff this binary has the program. It is left out if the tools to build it are missing.
bool IsKernelWalkBuilt();

/// Loads the program. The process needs CAP_BPF and CAP_PERFMON for this, but not afterwards: the
/// caller may then drop every capability. When the process ends, however it does, the kernel
/// unloads the program.
///
/// `tcp_keepalive_time_s` is what /proc/sys/net/ipv4/tcp_keepalive_time says. The kernel keeps the
/// same time in ticks of its clock, and the two together tell how long a tick is. `cookies` must
/// outlive the result; it gives cookies to sockets of this network namespace.
///
/// An error says in a whole sentence why the walk cannot be used, and what to do about it if
/// anything can be done: a capability is missing, the kernel is too old, has no type information or
/// is locked down, the process runs in a user namespace, or the binary lacks the program.
Result<std::unique_ptr<SocketWalk>> OpenKernelWalk(std::uint64_t tcp_keepalive_time_s,
                                                   CookieGiver& cookies);

}  // namespace connwatch
