// Chooses where the daemon is told of sockets by: the walk over the kernel's own table, if it can
// be had, else inet_diag.
#pragma once

#include <memory>
#include <string>

#include "bpf/kernel_walk.h"
#include "config/config.h"
#include "core/base/result.h"
#include "core/kernel/namespace_source.h"
#include "core/sockets/cookie_giver.h"
#include "core/sockets/destroy_event_source.h"
#include "core/sockets/socket_source.h"
#include "core/sockets/walk_status.h"

namespace connwatch {

/// Used by one thread. Must outlive whoever polls.
class SocketSources {
 public:
  /// Opens what `mode` says. Needs CAP_BPF and CAP_PERFMON for the walk, but only here. With kOn it
  /// fails if the walk cannot be used; with kAuto inet_diag takes its place.
  static Result<SocketSources> Open(KernelWalk mode);

  SocketSource& sockets() const { return *sockets_; }
  DestroyEventSource& destroy_events() const { return *destroy_events_; }
  /// nullptr if only this network namespace is seen.
  NamespaceSource* namespaces() const { return walk_; }
  /// As of now.
  WalkStatus walk_status() const;
  /// What is worth a line in the log at the start: which source is in use, if it is the walk, or
  /// why the walk is not, although the capabilities for it are there. Empty if there is nothing to
  /// say.
  std::string Announcement() const;

 private:
  SocketSources();

  std::unique_ptr<CookieGiver> cookies_;  // used by the walk
  std::unique_ptr<SocketSource> sockets_;
  std::unique_ptr<DestroyEventSource> destroy_events_;
  SocketWalk* walk_ = nullptr;  // sockets_, if that is the walk
  Error why_no_walk_;
};

}  // namespace connwatch
