// Watches a host: polls the sockets of its network namespace in tiers, reads its counters, and
// makes a Snapshot of what it found. It knows no event loop: its user decides when to poll
// (daemon/daemon.h, daemon/once.h).
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "config/config.h"
#include "containers/owner_names.h"
#include "core/base/instant.h"
#include "core/base/result.h"
#include "core/connections/connection_tracker.h"
#include "core/connections/full_poll.h"
#include "core/connections/totals_audit.h"
#include "core/connections/traffic_rate_meter.h"
#include "core/handshakes/handshake_source.h"
#include "core/kernel/host_rates.h"
#include "core/kernel/kernel_rate_meter.h"
#include "core/kernel/namespace_source.h"
#include "core/listeners/handshake_poll.h"
#include "core/listeners/listener_poll.h"
#include "core/listeners/listener_tracker.h"
#include "core/polling/cpu_budget.h"
#include "core/snapshot.h"
#include "core/sockets/socket_source.h"
#include "monitor/handshake_watch.h"
#include "monitor/kernel_reader.h"
#include "monitor/other_namespaces.h"
#include "monitor/tier_poller.h"

namespace connwatch {

/// Returns how `config` wants connections to be put into groups.
ClassifierOptions ClassifierOptionsFrom(const Config& config);

/// For one thread.
class Monitor {
 public:
  /// The least time between two readings of the kernel's counters from which rates are computed.
  /// Over one millisecond a single event would look like a thousand per second.
  static constexpr std::chrono::milliseconds kMinRateSpan{100};

  /// Reads the kernel's counters for the first time. `namespaces` lists the other network
  /// namespaces, if `source` delivers their sockets as well; else it is nullptr. `handshakes` is
  /// nullptr if neither handshakes nor the ends of connections are traced. All must outlive the
  /// monitor.
  Monitor(const Config& config, SocketSource& source, KernelReader::Log log,
          NamespaceSource* namespaces = nullptr, HandshakeSource* handshakes = nullptr);
  ~Monitor() = default;
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;

  /// Takes intervals, budget, thresholds, groups and histogram buckets from `config`. The limits of
  /// the tables stay as they were (config/restart_keys.h). What is the same as before is left
  /// alone, also intervals that are longer because of the budget. An error means that the groups
  /// stay as they were; everything else has changed.
  Result<void> Reconfigure(const Config& config);

  /// One for each tier, in the order of kTiers.
  std::span<TierPoller> tiers() { return tiers_; }
  /// A destroy event or a traced end has come, of any network namespace.
  void OnDestroyed(const SocketRecord& record, MonotonicTime now);
  /// Counts the handshakes that have ended. Call it every HandshakeSource::kInterval. Does nothing
  /// if handshakes are not traced.
  void ReadHandshakes(MonotonicTime now);

  /// Call after each poll that has ended. After polls of the handshakes tier and of the full tier
  /// it reads the kernel's counters and judges the listeners by what has happened since the last
  /// time.
  void AfterPoll(const TierPoller& tier, MonotonicTime now);

  /// Changes the intervals so that polling stays within the CPU budget. Returns the tiers whose
  /// interval changed.
  std::vector<const TierPoller*> FitToBudget();

  /// What a snapshot says that the monitor does not know itself.
  struct SnapshotParts {
    DestroyEventStats events;            // the state of their stream
    std::chrono::nanoseconds paused{0};  // how long the process has not run so far
    WalkStatus walk;
    TracingStatus tracing;
  };
  /// Returns the facts as of now.
  std::shared_ptr<const Snapshot> TakeSnapshot(SnapshotParts parts, Instant now);

 private:
  PollWork& WorkOf(Tier tier);
  PollWork& HostWorkOf(Tier tier);
  Result<void> Regroup(const GroupBookOptions& groups);
  void ReadKernel(MonotonicTime now);
  void UseEphemeralRange();

  KernelReader kernel_reader_;
  KernelStats kernel_;
  KernelStats rates_from_;  // the reading that rates_ begin at
  MonotonicTime rates_since_;
  HostRates rates_;
  MonotonicTime kernel_read_;  // when kernel_ was
  KernelRateMeter rate_meter_;
  std::optional<KernelRates> kernel_rates_;
  std::optional<double> sockstat_discrepancy_;
  TotalsAudit totals_audit_;
  OwnerNames owner_names_;
  std::optional<GroupBookOptions> groups_;  // in force; absent after a change that failed
  ConnectionClassifier classifier_;         // asks owner_names_
  TrafficLedger ledger_;
  TrafficRateMeter traffic_rates_;
  Allowance connections_;            // that may be followed
  Allowance connections_elsewhere_;  // of these, in other network namespaces than the host's own
  ConnectionTracker tracker_;
  ListenerTracker listener_tracker_;
  ListenerPoll listener_poll_;
  HandshakePoll handshake_poll_;
  FullPoll full_poll_;
  std::unique_ptr<OtherNamespaces> others_;     // absent without a source
  std::unique_ptr<HandshakeWatch> handshakes_;  // likewise; asks the others
  CpuBudget cpu_budget_;
  std::vector<TierPoller> tiers_;
};

}  // namespace connwatch
