// Turns the records of one full poll into a SocketLevels, and shows each connection to the tracker.
// Cost per record: one look-up in the tracker; nothing is allocated for a connection that is known.
// Pure; one aggregator per poll.
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "core/connections/connection_tracker.h"
#include "core/connections/culprit_counts.h"
#include "core/connections/culprits.h"
#include "core/connections/port_usage.h"
#include "core/connections/socket_levels.h"
#include "core/connections/source_ports.h"
#include "core/groups/connection_classifier.h"
#include "core/sockets/socket_record.h"

namespace connwatch {

struct AggregationOptions {
  std::vector<DurationHistogram::Duration> rtt_bounds;
  /// The ports that the kernel chooses local ports from; absent if that is not known.
  std::optional<PortSet> ephemeral_ports = std::nullopt;
};

/// What a full poll found: levels, and what to add to the totals.
struct FullPollResult {
  SocketLevels levels;
  SocketTotals observed;
  Culprits culprits;  // all but kRetransmissions
};

class SocketAggregator {
 public:
  /// `since_previous_poll` decides which round-trip times are fresh (FreshRtt). `classifier` and
  /// `tracker` must outlive the aggregator.
  SocketAggregator(const AggregationOptions& options, MonotonicTime start,
                   std::optional<std::chrono::milliseconds> since_previous_poll,
                   ConnectionClassifier& classifier, ConnectionTracker& tracker);

  /// Add each socket once. Listening sockets should come before the connections that they accepted,
  /// because they decide the direction.
  void Add(const SocketRecord& record);

  /// Returns the result. The aggregator must not be used after that.
  FullPollResult Finish() &&;

 private:
  // Destinations and sources that need fewer ports than one of so many are of no interest.
  static constexpr std::size_t kFewPorts = 64;

  std::optional<GroupKey> KeyOf(const SocketRecord& record);
  void CountPorts(const SocketRecord& record, const std::optional<GroupKey>& key);
  void AddUnacked(const SocketRecord& record, GroupKey key, std::chrono::milliseconds age);
  // `ports` are those that its destination or its source needs by now, at least many_ports_.
  void CountPort(Trouble trouble, const SocketRecord& record, std::uint64_t ports);

  MonotonicTime start_;
  std::optional<std::chrono::milliseconds> since_previous_poll_;
  ConnectionClassifier& classifier_;
  ConnectionTracker& tracker_;
  SocketLevels levels_;
  PortUsage port_usage_;
  std::optional<SourcePorts> source_ports_;  // absent if the ephemeral ports are not known
  std::uint64_t many_ports_;                 // of one destination or source
  CulpritCounts culprits_;
  SocketTotals observed_;
};

}  // namespace connwatch
