// Chooses what tells the daemon of sockets: the walk over the kernel's own table where that is
// possible, else inet_diag. It also decides whether handshakes are traced.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bpf/connection_tracing.h"
#include "bpf/kernel_walk.h"
#include "config/config.h"
#include "core/base/result.h"
#include "core/handshakes/handshake_source.h"
#include "core/handshakes/tracing_status.h"
#include "core/kernel/namespace_source.h"
#include "core/sockets/cookie_giver.h"
#include "core/sockets/destroy_event_source.h"
#include "core/sockets/socket_source.h"
#include "core/sockets/walk_status.h"

namespace connwatch {

/// Used by one thread. Must outlive whoever polls.
class SocketSources {
 public:
  /// Opens what `config` says. Needs CAP_BPF and CAP_PERFMON for the walk and the tracing, but only
  /// here. Where the walk or the tracing is not possible, kOn makes this fail; with kAuto inet_diag
  /// takes the place of the walk, and handshakes are not traced. If `is_once`, handshakes are never
  /// traced, because none would have ended yet.
  static Result<SocketSources> Open(const Config& config, bool is_once);

  SocketSource& sockets() const { return *sockets_; }
  /// The tracing, if handshakes are traced; else the destroy events of sock_diag.
  DestroyEventSource& destroy_events() const;
  /// nullptr if only this network namespace is seen.
  NamespaceSource* namespaces() const { return walk_; }
  /// nullptr if handshakes are not traced.
  HandshakeSource* handshakes() const { return handshakes_.get(); }
  /// As of now.
  WalkStatus walk_status() const;
  TracingStatus tracing_status() const;
  /// What is worth a line in the log at the start: whether the walk and the tracing are in use, or
  /// why they are not, although the capabilities for them are there.
  std::vector<std::string> Announcements() const;

 private:
  SocketSources();
  Result<void> OpenSockets(KernelWalk mode);
  Result<void> OpenTracing(const Config& config, bool is_once);

  std::unique_ptr<CookieGiver> cookies_;  // used by the walk
  std::unique_ptr<SocketSource> sockets_;
  std::unique_ptr<DestroyEventSource> destroy_events_;  // absent if ends are traced
  SocketWalk* walk_ = nullptr;                          // sockets_, if that is the walk
  Error why_no_walk_;
  std::unique_ptr<HandshakeSource> handshakes_;
  DestroyEventSource* traced_ends_ = nullptr;  // of handshakes_
  Error why_no_tracing_;
};

}  // namespace connwatch
