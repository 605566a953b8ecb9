// Outbound handshakes that wait for an answer: the SYN-SENT sockets. Part of a Snapshot.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <vector>

#include "core/ip_address.h"

namespace connwatch {

struct PendingConnect {
  Endpoint local;
  Endpoint remote;
  unsigned retransmissions = 0;  // of the SYN
  std::chrono::milliseconds age{0};
  std::chrono::milliseconds next_try{0};  // until the SYN is sent again
};

/// The pending ones towards one destination port.
struct PendingGroup {
  std::uint64_t sockets = 0;
  std::uint64_t retransmitting = 0;  // with at least one SYN retransmitted
  std::chrono::milliseconds oldest_age{0};

  void Add(const PendingConnect& connect);
};

struct PendingConnects {
  /// By destination port; a port stays once it has been seen. At most `max_groups`.
  std::map<std::uint16_t, PendingGroup> by_port;
  /// The ports there was no room for, and how many of them are pending now.
  PendingGroup other;
  std::uint64_t folded_ports = 0;
  /// The oldest first, at most kMaxListed.
  std::vector<PendingConnect> oldest;

  static constexpr std::size_t kMaxListed = 1'000;
};

}  // namespace connwatch
