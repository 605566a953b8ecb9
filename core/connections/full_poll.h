// The work of the full tier: counts every socket, and keeps what the latest complete poll found.
#pragma once

#include <optional>

#include "core/connections/socket_aggregator.h"
#include "core/connections/socket_levels.h"
#include "core/polling/poll_work.h"

namespace connwatch {

class FullPoll final : public PollWork {
 public:
  /// `classifier` and `tracker` must outlive the work, and the tracker must not be used after it.
  FullPoll(AggregationOptions options, ConnectionClassifier& classifier,
           ConnectionTracker& tracker);

  /// Takes effect at the next poll. If the RTT bounds differ, the RTT histograms start anew.
  void Reconfigure(AggregationOptions options) { options_ = std::move(options); }

  /// Takes effect at the next poll.
  void UseEphemeralPorts(const std::optional<PortSet>& ports) { options_.ephemeral_ports = ports; }

  DumpQuery Query() const override { return {.states = TcpStateSet::All(), .tcp_info = true}; }
  void Begin(Instant now) override;
  void Add(std::span<const SocketRecord> records, Instant now) override;
  void Complete(Instant now) override;

  /// Absent before the first complete poll.
  const std::optional<SocketLevels>& levels() const { return levels_; }
  const SocketTotals& totals() const { return totals_; }
  /// Of the latest complete poll. The units have no names.
  const Culprits& culprits() const { return culprits_; }

 private:
  // Tells which groups have connections, and lets candidates take free places.
  void ArrangeGroups();

  AggregationOptions options_;
  ConnectionClassifier& classifier_;
  ConnectionTracker& tracker_;
  std::optional<SocketLevels> levels_;
  SocketTotals totals_;
  Culprits culprits_;
  RetransmissionCulprits retransmissions_;
  std::optional<MonotonicTime> previous_start_;  // of the latest complete poll
  MonotonicTime start_;
  std::optional<SocketAggregator> aggregator_;  // of the poll in flight
};

}  // namespace connwatch
