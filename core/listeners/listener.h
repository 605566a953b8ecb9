// What is known about the listeners of a host: queues, peaks, drops. Made by the ListenerTracker,
// part of a Snapshot.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/ip_address.h"
#include "core/base/sample_window.h"
#include "core/listeners/diagnosis.h"

namespace connwatch {

/// The accept queue behind one local address. With SO_REUSEPORT several sockets share it; lengths
/// and limits are then sums.
struct AcceptQueue {
  std::uint64_t sockets = 0;
  std::uint64_t length = 0;  // connections
  std::uint64_t limit = 0;   // connections; the kernel admits one more, and 0 is legal
  std::uint64_t peak = 0;    // of the length, over the peak window

  void Add(std::uint64_t more_length, std::uint64_t more_limit) {
    ++sockets;
    length += more_length;
    limit += more_limit;
  }
};

/// The SYN-RECV sockets of one listener. Its limit is the accept queue's.
struct SynQueue {
  std::uint64_t length = 0;
  std::uint64_t peak = 0;            // of the length, over the peak window
  std::uint64_t retransmitting = 0;  // with at least one SYN-ACK retransmitted
};

/// Half-open handshakes from one network.
struct SourceCount {
  std::uint64_t prefix = 0;  // as IpAddress::SourcePrefix() gives it
  std::uint64_t count = 0;   // SYN-RECV sockets

  bool operator==(const SourceCount&) const = default;
};

struct ListenerStatus {
  AcceptQueue accept_queue;
  SynQueue syn_queue;
  /// SYNs and final ACKs the sockets dropped since the daemon started; survives their re-creation.
  std::uint64_t drops = 0;
  /// Inode of the owner's cgroup v2 directory, where the kernel tells it.
  std::optional<std::uint64_t> cgroup_id;
  /// Of the latest handshakes poll, with what it was judged by.
  Diagnosis diagnosis;
  ListenerEvidence evidence;
  /// The busiest source networks of that poll, the busiest first, at most kMaxTopSources.
  std::vector<SourceCount> top_sources = {};
  /// The SYN queue's length over the last kRecentSpan, oldest first; empty where it was 0 all the
  /// time.
  std::vector<Sample> recent_syn_queue = {};

  static constexpr std::size_t kMaxTopSources = 5;
  static constexpr std::chrono::seconds kRecentSpan{20};
};

struct Listener {
  Endpoint address;
  ListenerStatus status;
  /// The systemd unit or container it belongs to; empty where that is not known.
  std::string unit;
};

struct ListenerTable {
  /// By address, ascending; at most `max_listeners`.
  std::vector<Listener> listeners;
  /// The sum of those there was no room for, and how many addresses they are.
  ListenerStatus other;
  std::uint64_t folded = 0;
};

}  // namespace connwatch
