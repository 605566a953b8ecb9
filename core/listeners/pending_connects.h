// Outbound handshakes that wait for an answer: the SYN-SENT sockets. Part of a Snapshot.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/ip_address.h"
#include "core/groups/group_key.h"

namespace connwatch {

struct PendingConnect {
  Endpoint local;
  Endpoint remote;
  unsigned retransmissions = 0;  // of the SYN
  std::chrono::milliseconds age{0};
  std::chrono::milliseconds next_try{0};  // until the SYN is sent again
  GroupId group = kOtherGroup;
  /// Inode of the cgroup v2 directory of whoever connects. Absent if the kernel does not say it.
  std::optional<std::uint64_t> cgroup_id = std::nullopt;
  /// Its systemd unit or container. Empty if that has no name, or is not known.
  std::string unit = {};
};

/// The pending connects of one group.
struct PendingGroup {
  std::uint64_t sockets = 0;
  std::uint64_t retransmitting = 0;  // with at least one SYN retransmitted
  std::chrono::milliseconds oldest_age{0};

  void Add(const PendingConnect& connect);
};

/// The pending connects to one destination.
struct PendingDestination {
  Endpoint remote;
  std::uint64_t count = 0;
  std::uint64_t retransmitting = 0;  // with at least one SYN retransmitted
  std::chrono::milliseconds oldest_age{0};
  unsigned retransmissions_max = 0;       // of one connect
  std::chrono::milliseconds next_try{0};  // until the first of them sends its SYN again
  /// The cgroup that all of them have in common; absent if the kernel does not say it, or if
  /// several connect there.
  std::optional<std::uint64_t> cgroup_id = std::nullopt;
  bool has_several_owners = false;
  /// Its systemd unit or container. Empty if that has no name, or is not known.
  std::string unit = {};

  /// All must have the same remote endpoint.
  void Add(const PendingConnect& connect);
};

struct PendingConnects {
  /// A group stays once it has been seen, as long as it has its place; "other" is always there.
  std::map<GroupId, PendingGroup> by_group{{kOtherGroup, {}}};
  /// The oldest first, at most kMaxListed.
  std::vector<PendingConnect> oldest;

  static constexpr std::size_t kMaxListed = 1'000;

  /// The destinations that most of the connects of `by_group` go to: the one with most of them
  /// first, of equal ones that with the oldest. At most kMaxDestinationsListed.
  std::vector<PendingDestination> destinations = {};
  /// How many connects of `by_group` go to other destinations.
  std::uint64_t destinations_folded = 0;

  static constexpr std::size_t kMaxDestinationsListed = 100;

  /// Drops those of `oldest` that are beyond `most`. Of equal ages the first stay.
  void KeepOldest(std::size_t most);
};

}  // namespace connwatch
