// Turns what the kernel says about connections into exact sums. Each full poll adds what a
// connection has moved since the poll before. The connection's destroy event adds the rest. Rules
// and reasons: docs/decisions/0003-connection-totals.md. Pure; used by one thread.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "core/base/instant.h"
#include "core/connections/connection_table.h"
#include "core/connections/connection_usage.h"
#include "core/connections/doubtful_fins.h"
#include "core/connections/tracker_stats.h"
#include "core/connections/traffic_ledger.h"
#include "core/groups/connection_classifier.h"

namespace connwatch {

class ConnectionTracker {
 public:
  /// Both must outlive the tracker.
  ConnectionTracker(std::size_t max_connections, ConnectionClassifier& classifier,
                    TrafficLedger& ledger);
  ~ConnectionTracker();
  ConnectionTracker(const ConnectionTracker&) = delete;
  ConnectionTracker& operator=(const ConnectionTracker&) = delete;

  // For a full poll, call BeginPoll, then Observe once for each socket that does not listen, then
  // CompletePoll. If the poll fails, do not call CompletePoll: the next BeginPoll starts anew.
  void BeginPoll(MonotonicTime now);
  /// Adds what is new to the ledger and returns the key of the socket. nullopt if the socket is
  /// excluded.
  std::optional<GroupKey> Observe(const SocketRecord& record);
  void CompletePoll(MonotonicTime now);

  /// The destroy event of a socket.
  void OnDestroyed(const SocketRecord& record, MonotonicTime now);

  /// After this, the group of each connection is looked up again when a poll next delivers it.
  void Regroup() { generation_ = !generation_; }

  TrackerStats stats() const;

 private:
  using Place = ConnectionTable::Place;
  struct Tombstones;  // keeps the hash set out of this header

  std::optional<GroupKey> KeyOf(const SocketRecord& record);
  std::optional<GroupKey> Enter(const SocketRecord& record);
  void Assign(TrackedConnection& connection, const Classification& classified);
  void Update(TrackedConnection& connection, const ConnectionUsage& usage);
  void EndKnown(Place place, const SocketRecord& record);
  void EndUnknown(const SocketRecord& record, MonotonicTime now);
  void BookFinal(const SocketRecord& record, GroupKey key, const ConnectionUsage& before,
                 TcpState last_seen);
  void MeetMiniSocket(const SocketRecord& record);
  void MeetSuccessor(const SocketRecord& record);
  void Close(GroupKey key, const TcpInfo& final_info, bool was_established);
  bool IsOlderThanThePreviousPoll(const SocketRecord& record) const;
  void RetireVanished();
  void ForgetRetired();

  const std::size_t max_connections_;
  ConnectionClassifier& classifier_;
  TrafficLedger& ledger_;
  ConnectionTable table_;
  std::unique_ptr<Tombstones> tombstones_;  // of sockets destroyed while a poll is in flight
  DoubtfulFins doubtful_fins_;
  TrackerStats stats_;

  bool is_polling_ = false;
  MonotonicTime start_;                          // of the latest poll
  std::optional<MonotonicTime> previous_start_;  // of the latest complete poll, if there is one
  std::chrono::nanoseconds previous_duration_{0};
  std::uint8_t poll_number_ = 0;  // modulo 256
  Place latest_place_ = ConnectionTable::kNowhere;
  std::size_t retired_ = 0;
  std::uint64_t left_out_in_poll_ = 0;
  std::uint64_t left_out_of_baseline_ = 0;  // the highest cookie that the first poll left out
  bool has_forgotten_ = false;              // retired connections
  bool generation_ = false;                 // of the groups
};

}  // namespace connwatch
