// What is known about the handshakes of a host. Values, part of a Snapshot.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/instant.h"
#include "core/base/ip_address.h"
#include "core/groups/group_key.h"
#include "core/handshakes/handshake_counts.h"

namespace connwatch {

/// A place that this host connects to.
struct Destination {
  /// The network namespace that connects: its name, empty for the host's own.
  std::string netns;
  Endpoint remote;
  /// The systemd unit or container that connected most recently; empty if that is not known.
  std::string unit;
  /// The group of these connects; "other" in other network namespaces.
  std::string group;
  /// The connects of the latest five to ten minutes (Handshakes::recent_span).
  HandshakeCounts recent;
  /// When a connect there ended most recently.
  MonotonicTime latest;
};

/// The median of a group's outbound handshakes, compared with its own past.
struct LatencyTrend {
  std::chrono::duration<double> now{0};     // over the latest minute or two
  std::chrono::duration<double> before{0};  // over the hour before
};

struct Handshakes {
  /// Those of the host's own network namespace.
  PerGroup<HandshakeCounts> totals{{}};
  /// Of outbound handshakes. nullopt while either time has fewer than
  /// HandshakeTrends::kMinHandshakes.
  PerGroup<std::optional<LatencyTrend>> trends{std::nullopt};
  /// The destinations in one of the three lists below, of all network namespaces.
  std::vector<Destination> destinations;
  // Indices of `destinations`, the greatest first: by connects, by connects that failed (none
  // without one), and by the median of their latency (none without one).
  std::vector<std::size_t> by_count;
  std::vector<std::size_t> by_failures;
  std::vector<std::size_t> by_latency;
  /// How far back HandshakeCounts of destinations go.
  std::chrono::seconds recent_span{0};
  /// Connects within that time whose destination is not known any more: there was no room to
  /// remember it, or no address.
  std::uint64_t folded = 0;
};

}  // namespace connwatch
