// Turns what the kernel says about connections into exact sums. Each full poll adds what a
// connection has moved since the poll before. The connection's destroy event adds the rest. Rules
// and reasons: docs/decisions/0003-connection-totals.md. Pure; used by one thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/base/cookie_set.h"
#include "core/base/instant.h"
#include "core/connections/connection_table.h"
#include "core/connections/connection_usage.h"
#include "core/connections/culprit_counts.h"
#include "core/connections/ended_connections.h"
#include "core/connections/tracker_stats.h"
#include "core/connections/traffic_ledger.h"
#include "core/groups/connection_classifier.h"

namespace connwatch {

class ConnectionTracker {
 public:
  /// `room` is for the connections that are followed; other trackers may share it. All references
  /// must outlive the tracker.
  ConnectionTracker(Allowance& room, ConnectionClassifier& classifier, TrafficLedger& ledger);
  ~ConnectionTracker() = default;
  ConnectionTracker(const ConnectionTracker&) = delete;
  ConnectionTracker& operator=(const ConnectionTracker&) = delete;

  /// Says how many connections that two polls have not met are remembered, because OnDestroyed()
  /// may still be called for them. 0 if it is never called. Call it before the first poll.
  void RememberVanished(std::size_t most) { max_retired_ = most; }
  /// Says that a complete poll that began at `start` has met no connection. So those of the first
  /// poll have begun since. Call it before the first poll.
  void StartAfter(MonotonicTime start) { previous_start_ = start; }
  /// Adds what each connection retransmits to `culprits`, which must outlive all further calls.
  void TellOfRetransmissions(RetransmissionCulprits& culprits) { retransmissions_ = &culprits; }

  // For a full poll, call BeginPoll, then Observe once for each socket that does not listen, then
  // CompletePoll. If the poll fails, do not call CompletePoll: the next BeginPoll starts anew.
  void BeginPoll(MonotonicTime now);
  /// The sockets that Observe is called for from now on are being read at `now`.
  void ContinuePoll(MonotonicTime now) { reading_ = now; }
  /// Observe will be called for this cookie soon. Call the first one about 16 sockets ahead, the
  /// second one about 8. They do nothing as long as a poll comes in the order of the one before.
  void PrefetchIndex(std::uint64_t cookie) const {
    if (!is_in_order_) table_.PrefetchIndex(cookie);
  }
  void PrefetchConnection(std::uint64_t cookie) const {
    if (!is_in_order_) table_.PrefetchConnection(cookie);
  }
  /// Call it after the last socket of a run, before other work. It prefetches what Observe needs.
  void PrefetchNext() const {
    if (is_in_order_) table_.PrefetchAfter(latest_place_);
  }
  /// Books what is new and returns the key of the socket; nullopt if the socket is excluded.
  std::optional<GroupKey> Observe(const SocketRecord& record);
  void CompletePoll();

  /// The destroy event of a socket, or its traced end. If neither that nor a listener shows who
  /// opened the connection, it is booked only after the next poll of the listeners.
  void OnDestroyed(const SocketRecord& record, MonotonicTime now);
  /// Call after each poll of the listeners. Books the connections that were waiting for it.
  void BookUndecided() { BookUndecidedUntil(classifier_.listeners_known_at()); }

  /// After this, the group of each connection is looked up again when a poll next delivers it.
  void Regroup();
  /// Connections of these groups count as kOtherGroup until a poll delivers them.
  void Release(std::span<const GroupBook::Released> groups);

  TrackerStats stats() const;

 private:
  using Place = ConnectionTable::Place;

  /// A connection that has ended, of which the direction is not known yet.
  struct Undecided {
    SocketRecord record;
    MonotonicTime time;         // of its end
    MonotonicTime begun_after;  // see BegunAfter()
  };
  /// A complete full poll; the epoch if there was none.
  struct PastPoll {
    MonotonicTime start;
    MonotonicTime end;
  };
  /// What it takes at most until the kernel has reported an end and the daemon has read it.
  static constexpr std::chrono::seconds kEventDelay{1};
  /// How many connections that are gone without an event are remembered.
  static constexpr std::size_t kMaxRetired = 65'536;
  /// How many connections may wait. Those beyond it are booked at once, by a guess.
  static constexpr std::size_t kMaxUndecided = 16'384;

  GroupKey KeyOf(const TrackedConnection& connection) const {
    return {connection.direction, classifier_.AtPlace(connection.group)};
  }
  std::optional<GroupKey> Classify(const SocketRecord& record);
  std::optional<GroupKey> Enter(const SocketRecord& record);
  std::optional<GroupKey> MeetMiniSocket(const SocketRecord& record);
  bool IsOld(const SocketRecord& record) const;
  void Restart(TrackedConnection& connection);
  void Judge(TrackedConnection& connection, const SocketRecord& record) const;
  DirectionGuess Guess(const TrackedConnection& connection, const SocketRecord& record) const;
  void Assign(TrackedConnection& connection, const Classification& classified);
  void Update(TrackedConnection& connection, const SocketRecord& record);
  void WaitNoLonger(TrackedConnection& connection);
  void Book(const SocketRecord& record, GroupKey key, const ConnectionUsage& growth);
  void EndKnown(Place place, const SocketRecord& record);
  void EndUnknown(const SocketRecord& record, MonotonicTime now);
  MonotonicTime BegunAfter(MonotonicTime now) const;
  void EndBy(DirectionGuess guess, const SocketRecord& record);
  void EndAs(Direction direction, const SocketRecord& record);
  void BookUndecidedUntil(MonotonicTime time);
  void BookFinal(const SocketRecord& record, GroupKey key, const ConnectionUsage& before,
                 TcpState last_seen);
  void MeetSuccessor(const SocketRecord& record);
  void Close(GroupKey key, const SocketRecord& destroyed, bool was_established);
  bool IsOlderThanThePreviousPoll(const SocketRecord& record) const;
  void RetireVanished();
  void ForgetRetired();

  ConnectionClassifier& classifier_;
  TrafficLedger& ledger_;
  RetransmissionCulprits* retransmissions_ = nullptr;
  ConnectionTable table_;
  std::optional<CookieSet> destroyed_in_poll_;  // absent while no poll is in flight
  CookieSet left_out_of_baseline_;              // connections that the first poll had no room for
  EndedConnections ended_;
  std::vector<Undecided> undecided_;  // in the order of their times
  TrackerStats stats_;

  MonotonicTime start_;                          // of the latest poll
  MonotonicTime reading_;                        // when the latest records were read
  std::optional<MonotonicTime> previous_start_;  // of the latest complete poll, if there is one
  PastPoll early_;                               // ended kEventDelay before late_, or more
  PastPoll late_;                                // a complete poll, the latest or nearly so
  unsigned poll_number_ = 0;                     // modulo TrackedConnection::kPollNumbers
  Place latest_place_ = ConnectionTable::kNowhere;
  bool is_in_order_ = true;  // the latest connection was at hand
  std::size_t max_retired_ = kMaxRetired;
  std::size_t retired_ = 0;
  std::uint64_t left_out_in_poll_ = 0;
  bool has_forgotten_ = false;  // retired connections
};

}  // namespace connwatch
