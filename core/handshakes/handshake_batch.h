// Handshakes that have ended, as a HandshakeSource tells of them. Values.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>

#include "core/base/direction.h"
#include "core/base/ip_address.h"
#include "core/handshakes/handshake_counts.h"
#include "core/handshakes/handshake_outcome.h"

namespace connwatch {

/// Handshakes that are alike, and that have ended since the reading before.
struct HandshakeBatch {
  /// Of the network namespace; 0 for that of the process.
  std::uint64_t net_cookie = 0;
  /// Inode of the owner's cgroup v2 directory; inbound, of the listener's owner.
  std::optional<std::uint64_t> cgroup_id;
  Direction direction = Direction::kInbound;
  HandshakeOutcome outcome = HandshakeOutcome::kEstablished;
  // An address or port that HandshakeDetail did not ask for is 0.
  Endpoint local;
  Endpoint remote;
  /// False if the addresses are left out for lack of room.
  bool has_addresses = true;
  /// False if ports, cgroup, network namespace, repeated SYNs and latency are left out as well.
  bool has_ports = true;

  std::uint64_t count = 0;
  /// See HandshakeCounts.
  std::uint64_t syn_retransmissions = 0;
  std::chrono::nanoseconds duration{0};  // of those in `buckets`, together
  /// How many are in each bucket of LatencyBounds(). Valid only during the call.
  std::span<const std::uint32_t> buckets;
};

/// Which parts of a connection handshakes are told apart by, beside the ones that always count: the
/// network namespace, the cgroup, the direction, the outcome, the local port (inbound), the remote
/// address and port (outbound). More parts mean more keys.
struct HandshakeDetail {
  bool inbound_remote_address = false;
  bool inbound_remote_port = false;
  bool outbound_local_port = false;
  bool local_address = false;

  bool operator==(const HandshakeDetail&) const = default;
};

/// Adds the outcome and the repeated SYNs of the batch, but not its latency.
void AddOutcomes(HandshakeCounts& counts, const HandshakeBatch& batch);
/// Adds the latency of the batch.
void AddLatency(LatencyCounts& latency, const HandshakeBatch& batch);

}  // namespace connwatch
