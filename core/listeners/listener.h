// What is known about the listeners of a host: queues, drops, signs of trouble. Values, made by the
// ListenerTracker; part of a Snapshot.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/sample_window.h"
#include "core/kernel/host_rates.h"
#include "core/listeners/accept_queue.h"
#include "core/listeners/diagnosis.h"
#include "core/listeners/handshake_ages.h"
#include "core/listeners/listener_key.h"

namespace connwatch {

/// The SYN-RECV sockets of one listener. Their limit is the accept queue's.
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

/// What the diagnosis uses beside the queues, as of the latest handshakes poll. A rate that is not
/// finite counts as 0.
struct HandshakeSigns {
  double drops_per_second = 0;
  double syn_queue_growth_per_second = 0;  // negative if the queue shrinks
  /// SYN-RECV sockets that are at least 3 s old and whose SYN-ACK was never retransmitted. That
  /// happens only if the ACK has arrived and the listener waits for data (TCP_DEFER_ACCEPT).
  /// kernel: the first retransmission is due after TCP_TIMEOUT_INIT, 1 s.
  std::uint64_t settled = 0;
  HandshakeAges ages;                 // for people; no cause depends on them
  std::uint64_t source_prefixes = 0;  // different /24 (IPv4) and /48 (IPv6) in the SYN queue
  double top_source_ratio = 0;        // 0 to 1: the part of the SYN queue from the busiest prefix
  /// Of the listener's whole network namespace: the kernel does not count these per listener.
  HostRates host;
};

struct ListenerStatus {
  AcceptQueue accept_queue;
  SynQueue syn_queue;
  /// SYNs and final ACKs that the listener refused since the daemon started, as far as
  /// DropAttribution knows. The count is kept if the listener is closed and opened again within 5
  /// minutes (ListenerTracker::kMemory).
  std::uint64_t drops = 0;
  /// All segments that the sockets dropped in the same time, also those whose loss harmed nobody.
  std::uint64_t socket_drops = 0;
  /// Inode of the owner's cgroup v2 directory, if the kernel reports it.
  std::optional<std::uint64_t> cgroup_id;
  HandshakeSigns signs;
  Diagnosis diagnosis;
  /// The source networks with the most SYN-RECV sockets, the busiest first, at most kMaxTopSources.
  std::vector<SourceCount> top_sources = {};
  /// The SYN queue's length over the last kRecentSpan, the oldest first. Empty if it was 0 all the
  /// time.
  std::vector<Sample> recent_syn_queue = {};

  static constexpr std::size_t kMaxTopSources = 5;
  static constexpr std::chrono::seconds kRecentSpan{20};
  /// A SYN queue with a lower limit has no utilization: one or two stray handshakes would fill it
  /// (docs/diagnosis.md, min_syn_queue_at_limit).
  static constexpr std::uint64_t kMinSynQueueLimit = 4;

  // kernel: inet_csk_reqsk_queue_is_full() compares with > or >= depending on version; both stop at
  // the limit or above. An empty queue is not at a limit of 0.
  bool IsSynQueueAtLimit() const {
    return syn_queue.length >= std::max<std::uint64_t>(accept_queue.limit, 1);
  }
  std::optional<double> SynQueueUtilization() const {
    if (accept_queue.limit < kMinSynQueueLimit) return std::nullopt;
    return static_cast<double>(syn_queue.length) / static_cast<double>(accept_queue.limit);
  }
};

struct Listener {
  ListenerKey key;
  ListenerStatus status;
  /// The systemd unit or container it belongs to; empty if that is not known.
  std::string unit = {};
  /// The name of the interface it is bound to; empty if there is none, or if it has no name here.
  std::string interface_name = {};

  /// As the label `listener` shows it.
  std::string Name() const { return FormatListener(key, interface_name); }
};

struct ListenerList {
  /// Those that have a place (core/listeners/places.h). By key, ascending; at most
  /// `max_listeners`.
  std::vector<Listener> listeners;
  /// The listeners without a place: the sums of their queues as they are now, and the drops that
  /// happened while they had none. SYN-RECV sockets whose listener was not found are in it as well.
  ListenerStatus other;
  /// How many listeners have no place, and how many of these are in trouble.
  std::uint64_t folded = 0;
  std::uint64_t folded_in_trouble = 0;
};

}  // namespace connwatch
