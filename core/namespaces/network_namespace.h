// What is known about the other network namespaces of a host: containers, mostly. Values, made by
// the NamespaceTable; part of a Snapshot. The host's own namespace is the Snapshot itself.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/direction.h"
#include "core/base/tcp_state.h"
#include "core/connections/connection_usage.h"
#include "core/handshakes/handshake_counts.h"
#include "core/listeners/listener.h"
#include "core/listeners/pending_connects.h"

namespace connwatch {

/// Which network namespace is meant, for machines and for people.
struct NamespaceIdentity {
  /// The kernel's own, never reused while the host is up.
  std::uint64_t cookie = 0;
  /// Of /proc/PID/ns/net, as lsns(8) shows it. Used again when the namespace is gone.
  std::uint32_t inode = 0;
  /// What a person knows it by: the name in /run/netns, else the pod, container or unit that owns
  /// it, else "unnamed-N". No two namespaces of a Snapshot have the same. Stays as long as the
  /// namespace does, unless a better name appears.
  std::string name;
  /// The systemd unit or container that owns its sockets; empty if that is not known.
  std::string unit = {};
  /// The pod that its sockets belong to: the namespace in Kubernetes, and the pod's name. Of a pod
  /// of Podman only the name. Empty if it is none, or not known.
  std::string pod_namespace = {};
  std::string pod = {};
};

/// Round-trip times: one observation per established socket and full poll, if an ACK arrived since
/// the poll before. Only grows.
struct RttObservations {
  std::uint64_t count = 0;
  std::chrono::microseconds sum{0};
};

/// What was counted in one namespace, or in several together.
struct NamespaceCounts {
  /// Sockets by IndexOf(TcpState), as of the latest full poll. Absent before the first one.
  std::optional<std::array<std::uint64_t, kTcpStateCount>> states;
  /// Its listeners. `listeners.other` sums up those that have no place.
  ListenerList listeners;
  /// Its SYN-SENT sockets.
  PendingGroup pending;
  /// By IndexOf(Direction). Where the ends of connections are not traced, a connection whose end no
  /// full poll saw lacks what it moved since the poll before.
  std::array<ConnectionUsage, kDirectionCount> traffic;
  RttObservations rtt;
  /// By IndexOf(Direction). All 0 if handshakes are not traced.
  std::array<HandshakeCounts, kDirectionCount> handshakes;
};

struct NetworkNamespace {
  NamespaceIdentity identity;
  NamespaceCounts counts;
  /// True iff a listener is in trouble (core/listeners/trouble.h).
  bool is_in_trouble = false;
};

struct NetworkNamespaces {
  /// Those that have a place: in trouble, then the busiest, at most `max_network_namespaces`. By
  /// name, ascending.
  std::vector<NetworkNamespace> shown;
  /// The others together: levels as they are now, and what their counters grew by while they had no
  /// place. Its `listeners` lists none; they are all in `listeners.other`.
  NamespaceCounts other;
  /// All but the host's own. Those without a place, and how many of these are in trouble.
  std::uint64_t seen = 0;
  std::uint64_t folded = 0;
  std::uint64_t folded_in_trouble = 0;
  /// Those that only have a number for a name.
  std::uint64_t unnamed = 0;
  /// Those for which there was no room. Their sockets do not count anywhere.
  std::uint64_t left_out = 0;
};

}  // namespace connwatch
