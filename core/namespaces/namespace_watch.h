// Follows one network namespace other than the host's own: its listeners, its pending handshakes,
// its sockets and what they move. It uses the machines that follow the host's namespace, so that
// its numbers mean the same; what it leaves out is that nothing is counted by group. A host may
// have thousands of namespaces, most of them idle, so it takes little memory. Pure; time is passed
// in. Used by one thread.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/base/allowance.h"
#include "core/base/instant.h"
#include "core/connections/connection_tracker.h"
#include "core/groups/connection_classifier.h"
#include "core/handshakes/handshake_batch.h"
#include "core/kernel/namespace_source.h"
#include "core/listeners/handshake_poll.h"
#include "core/listeners/listener_tracker.h"
#include "core/namespaces/listening_sockets.h"
#include "core/namespaces/network_namespace.h"
#include "core/namespaces/socket_owners.h"
#include "core/polling/tier.h"

namespace connwatch {

struct NamespaceWatchOptions {
  std::chrono::milliseconds peak_window{30'000};
  DiagnosisThresholds thresholds = {};
  bool exclude_loopback = false;
};

/// What all namespaces share, and the host's own in part.
struct NamespaceRoom {
  Allowance& connections;  // that are followed
  Allowance& listening;    // LISTEN sockets that are remembered
};

/// What was counted since it was asked for last.
struct NamespaceGrowth {
  std::array<ConnectionUsage, kDirectionCount> traffic;
  RttObservations rtt;
  DropTotals drops;
  std::array<HandshakeCounts, kDirectionCount> handshakes;  // without latency

  NamespaceGrowth& operator+=(const NamespaceGrowth& other);
};

class NamespaceWatch {
 public:
  /// How many listeners have a place, and how many are followed.
  static constexpr std::size_t kMaxShownListeners = 20;
  static constexpr std::size_t kMaxFollowedListeners = 1'000;
  /// How many handshakes are followed from poll to poll.
  static constexpr std::size_t kMaxFollowedHandshakes = 4'096;
  /// How long a namespace counts as busy after it had many connections.
  static constexpr std::chrono::minutes kLoadMemory{10};

  /// If `known_since` is present, a complete full poll that began then has met no socket of the
  /// namespace. What `room` refers to must outlive the watch.
  NamespaceWatch(const NamespaceWatchOptions& options, NamespaceRoom room,
                 std::optional<MonotonicTime> known_since);

  /// Takes what the kernel says about the namespace at `now`. Its counter of drops must be read
  /// before the sockets of a poll of the listeners tier.
  void UseFacts(const NamespaceFacts& facts, MonotonicTime now);
  /// Its counters cannot be read.
  void UseNoCounters(MonotonicTime now) { UseCounters({}, now); }
  void UseThresholds(const DiagnosisThresholds& thresholds) {
    listener_tracker_.UseThresholds(thresholds);
  }

  // As PollWork has them. The namespace's records of one poll may come in any number of parts.
  void Begin(Tier tier, Instant now);
  void Add(Tier tier, std::span<const SocketRecord> records, Instant now);
  void Complete(Tier tier, Instant now);
  /// For the listeners tier the table adds the sockets here, instead of by Add(). If the sockets
  /// are those of the poll before, it does not call Begin() either.
  ListeningSockets& listening() { return listening_; }

  void AddHandshakes(const HandshakeBatch& batch) {
    AddOutcomes(handshakes_.at(IndexOf(batch.direction)), batch);
  }
  void OnDestroyed(const SocketRecord& record, MonotonicTime now) {
    tracker_.OnDestroyed(record, now);
  }

  /// Judges its listeners by all that is known.
  void Diagnose(MonotonicTime now);
  bool IsInTrouble() const { return listener_tracker_.in_trouble() > 0; }
  std::size_t listeners_in_trouble() const { return listener_tracker_.in_trouble(); }

  /// Returns the levels. Traffic and round-trip times are 0: TakeGrowth() has them.
  NamespaceCounts Levels(MonotonicTime now) const;
  /// Adds the levels to those of other namespaces. `sum.listeners.listeners` stays as it is.
  void AddLevels(NamespaceCounts& sum, MonotonicTime now) const;
  NamespaceGrowth TakeGrowth();
  /// The drops of its listeners begin at 0 again.
  void RestartDrops() { listener_tracker_.RestartDrops(); }

  /// How many connections it has, over kLoadMemory.
  double load() const { return load_; }
  /// The cgroups that own its sockets, the one with most first, as of the latest full poll; before
  /// it met any, those that own its listeners.
  std::span<const std::uint64_t> owners() const { return owners_; }

 private:
  void UseCounters(const KernelCounters& counters, MonotonicTime now);
  void BeginFull(MonotonicTime now);
  void CountSocket(const SocketRecord& record);
  void CompleteListeners(MonotonicTime now);
  void CompleteFull();
  // Tells the classifier which listeners the latest poll of the listeners tier has met.
  void TellOfListeners();
  const PendingGroup& Pending() const;

  ListeningSockets listening_;
  // The begin of the latest poll of the listeners tier for which Begin() was called.
  MonotonicTime listening_start_;
  std::optional<MonotonicTime> listening_at_;  // the end of the latest complete one
  bool is_caught_up_ = true;  // false if the tracker does not know of the latest polls
  ConnectionClassifier classifier_;
  TrafficLedger ledger_;
  ConnectionTracker tracker_;
  ListenerTracker listener_tracker_;
  HandshakePoll handshake_poll_;
  std::optional<KernelCounters> counters_;  // absent before they are read for the first time
  MonotonicTime counters_at_;
  HostRates rates_;

  using States = std::array<std::uint64_t, kTcpStateCount>;
  std::optional<States> states_;
  States states_in_poll_{};
  SocketOwners owners_in_poll_;
  std::vector<std::uint64_t> owners_;
  RttObservations rtt_;                                      // since TakeGrowth()
  std::array<HandshakeCounts, kDirectionCount> handshakes_;  // since TakeGrowth()
  RttObservations rtt_in_poll_;
  MonotonicTime full_start_;                          // of the full poll in progress, or the latest
  std::optional<MonotonicTime> previous_full_start_;  // of the latest complete one
  std::optional<std::chrono::milliseconds> since_previous_;
  double load_ = 0;
};

}  // namespace connwatch
