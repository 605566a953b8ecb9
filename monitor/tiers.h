// The three tiers of polling with their work, and the snapshot of what they found. Listeners often,
// handshakes now and then, everything rarely: the kernel's price decides.
#pragma once

#include <array>
#include <vector>

#include "config/config.h"
#include "core/connections/full_poll.h"
#include "core/listeners/handshake_poll.h"
#include "core/listeners/listener_poll.h"
#include "core/listeners/listener_tracker.h"
#include "core/polling/cpu_budget.h"
#include "core/snapshot.h"
#include "core/sockets/socket_source.h"
#include "monitor/tier_poller.h"

namespace connwatch {

class Tiers {
 public:
  /// `limits` tell how the kernel retransmits a SYN. `source` must outlive the tiers.
  Tiers(const Config& config, const KernelLimits& limits, SocketSource& source,
        ConnectionClassifier::UnitNames unit_names);

  /// Intervals, budget, thresholds, groups and histogram buckets. What bounds the tables takes
  /// effect after a restart. An error means that the groups stay as they were.
  Result<void> Reconfigure(const Config& config);

  /// Books what the tiers cost so far and stretches their intervals to what others leave of the CPU
  /// budget, at least half of it. `others` is a share of one core. Returns the tiers whose interval
  /// changed.
  std::vector<TierPoller*> FitToBudget(double others);

  TierPoller& listeners() { return listeners_; }
  TierPoller& handshakes() { return handshakes_; }
  TierPoller& full() { return full_; }
  ConnectionTracker& tracker() { return tracker_; }
  /// Of the latest complete full poll.
  const std::optional<SocketTable>& full_table() const { return full_poll_.table(); }
  std::array<TierPoller*, 3> all() { return {&listeners_, &handshakes_, &full_}; }

  /// Judges the listeners by the latest handshakes poll; call it after each.
  void DiagnoseListeners(const HostRates& rates) { listener_tracker_.Diagnose(rates); }

  /// Sockets, connections, listeners, handshakes and poll health; the rest is the caller's.
  Snapshot TakeSnapshot(MonotonicTime now) const;

 private:
  ConnectionClassifier classifier_;
  TrafficLedger ledger_;
  ConnectionTracker tracker_;
  ListenerTracker listener_tracker_;
  ListenerPoll listener_poll_;
  HandshakePoll handshake_poll_;
  FullPoll full_poll_;
  TierPoller listeners_;
  TierPoller handshakes_;
  TierPoller full_;
  PollConfig wanted_;
  double cpu_budget_;
  std::array<PollCost, 3> costs_;  // in the order of all()
};

}  // namespace connwatch
