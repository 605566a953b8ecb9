// Who is behind a trouble of connections: the peers, the local services and the owners that have
// most of it. Values, part of a Snapshot. culprit_counts.h counts them.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/ip_address.h"
#include "core/groups/group_key.h"

namespace connwatch {

/// What may be wrong with connections, and what is counted of it.
enum class Trouble : std::uint8_t {
  kCloseWait,              // sockets that the peer has closed and the application has not
  kTimeWait,               // sockets in TIME-WAIT, which have no owner
  kRetransmissions,        // segments with payload that were sent again in the latest minute
  kRetransmittingSockets,  // established connections whose peer does not answer any more
  kDestinationPorts,       // sockets of a source address that connect to one destination
  kSourcePorts             // ephemeral ports of a source address
};

inline constexpr std::size_t kTroubleCount = 6;

constexpr std::size_t IndexOf(Trouble trouble) { return static_cast<std::size_t>(trouble); }

/// What is counted together.
struct CulpritKey {
  /// Of kDestinationPorts and kSourcePorts, which do not count by group: outbound, kOtherGroup.
  GroupKey group = {};
  /// The local address, for kDestinationPorts and kSourcePorts; else 0.0.0.0.
  IpAddress source = {};
  /// Whom the connections are with. Outbound: the remote endpoint. Inbound: the remote network (/24
  /// or /48) and port 0, but for kTimeWait the local service. For kSourcePorts, and for an owner of
  /// another trouble than kDestinationPorts: 0.0.0.0:0.
  Endpoint place = {};
  /// Of an owner: the inode of its cgroup, 0 if that is not known. Else 0.
  std::uint64_t cgroup_id = 0;

  bool operator==(const CulpritKey&) const = default;
};

struct Culprit {
  CulpritKey key;
  /// How many sockets, segments or ports it has at least; an estimate if there are many sockets
  /// (CulpritCounts::kAllCounted).
  std::uint64_t count = 0;
  /// How many more it may have: they were counted for others that had to give way to it. The sum of
  /// both over a list is all that was counted.
  std::uint64_t uncertain = 0;
  /// Of an owner: its systemd unit or container. Empty if that has no name, or is not known.
  std::string unit = {};
};

/// In no order.
struct CulpritLists {
  std::vector<Culprit> places;
  std::vector<Culprit> owners;  // empty for kTimeWait
};

struct Culprits {
  std::array<CulpritLists, kTroubleCount> by_trouble;
  /// How far back kRetransmissions go.
  std::chrono::seconds retransmissions_span{0};

  const CulpritLists& Of(Trouble trouble) const { return by_trouble.at(IndexOf(trouble)); }
  CulpritLists& Of(Trouble trouble) { return by_trouble.at(IndexOf(trouble)); }
};

}  // namespace connwatch
