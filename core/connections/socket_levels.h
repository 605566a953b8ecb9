// What one full poll found, as values: levels that the next poll replaces (SocketLevels) and
// observations that add up over polls (SocketTotals). Made by the aggregator, part of a Snapshot.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>

#include "core/base/duration_histogram.h"
#include "core/base/ip_address.h"
#include "core/base/tcp_state.h"
#include "core/groups/group_key.h"
#include "core/kernel/kernel_stats.h"
#include "core/sockets/socket_record.h"

namespace connwatch {

/// Sockets by family and state; every combination exists, zero included.
class StateCounts {
 public:
  void Add(AddressFamily family, TcpState state) { ++counts_[IndexOf(family)][IndexOf(state)]; }
  std::uint64_t Get(AddressFamily family, TcpState state) const {
    return counts_[IndexOf(family)][IndexOf(state)];
  }
  /// Of all families and states.
  std::uint64_t Total() const;

 private:
  std::array<std::array<std::uint64_t, kTcpStateCount>, kAddressFamilyCount> counts_{};
};

/// The sockets of one direction and group. The queues leave out LISTEN sockets, whose queues hold
/// connections, and SYN-SENT sockets, whose send queue holds only the SYN.
struct GroupLevels {
  std::array<std::uint64_t, kTcpStateCount> states{};  // by IndexOf(TcpState)
  std::uint64_t receive_queue_bytes = 0;
  std::uint64_t receive_queue_bytes_max = 0;  // of one socket
  std::uint64_t send_queue_bytes = 0;
  std::uint64_t send_queue_bytes_max = 0;  // of one socket
  /// The sockets with data that the peer does not acknowledge (UnackedFor), and the longest time.
  std::uint64_t retransmitting = 0;
  std::chrono::milliseconds retransmitting_oldest_age{0};

  void Add(const SocketRecord& record);
  void AddUnacked(std::chrono::milliseconds age);
  /// Returns true iff there is any socket that does not listen.
  bool HasConnections() const;
};

/// Levels at the time of one full poll.
struct SocketLevels {
  StateCounts states;
  /// The SYN-RECV sockets that are request sockets: the kernel keeps no full socket for them.
  /// Others are children of TCP Fast Open, or both sides have opened at once.
  std::uint64_t request_sockets = 0;
  PerGroup<GroupLevels> groups{GroupLevels{}};
  /// The number of outbound sockets, TIME-WAIT included, of the busiest (source, destination,
  /// destination port).
  std::uint64_t ports_used_peak_destination = 0;
  /// The number of ephemeral ports that sockets of the busiest source address use, all destinations
  /// together. Absent if the ephemeral ports are not known.
  std::optional<std::uint64_t> ports_used_peak_source;
};

/// Returns how far a full poll's count is from the kernel's own count, as a share of the latter.
/// Request sockets are left out, because the kernel's count lacks them. nullopt if there is no
/// count of the kernel.
std::optional<double> SockstatDiscrepancy(const SocketLevels& polled, const SocketStats& kernel);

/// Returns the round-trip time to observe: that of an established socket, if it is fresh. It is if
/// an ACK arrived within `since_previous_poll`; if that is absent, as for the first poll, all are.
std::optional<std::chrono::microseconds> FreshRtt(
    const SocketRecord& record,
    const std::optional<std::chrono::milliseconds>& since_previous_poll);

/// Observations of full polls; they only grow.
struct SocketTotals {
  explicit SocketTotals(std::span<const DurationHistogram::Duration> rtt_bounds)
      : rtt(DurationHistogram(rtt_bounds)) {}

  /// One observation per established socket and poll, if an ACK arrived since the poll before.
  PerGroup<DurationHistogram> rtt;
  /// Sockets that the dumps of the complete full polls delivered twice. The Monitor takes the
  /// number from the health of the full tier.
  std::uint64_t dump_duplicates = 0;

  /// Restarts the histograms if `bounds` differ from theirs.
  void UseRttBounds(std::span<const DurationHistogram::Duration> bounds) {
    if (std::ranges::equal(rtt.prototype().upper_bounds(), bounds)) return;
    rtt = PerGroup(DurationHistogram(bounds));
  }

  void Merge(const SocketTotals& other) {
    rtt.Merge(other.rtt, [](auto& into, const auto& more) { into.Merge(more); });
  }
};

}  // namespace connwatch
