// Follows the listeners of a host from poll to poll. The listeners tier brings the accept queues.
// The handshakes tier brings the SYN-RECV sockets, and this finds the listener of each. Pure; time
// is passed in.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <unordered_map>

#include "core/base/instant.h"
#include "core/base/sliding_peak.h"
#include "core/kernel/host_rates.h"
#include "core/listeners/drop_attribution.h"
#include "core/listeners/listener.h"
#include "core/sockets/socket_record.h"

namespace connwatch {

struct ListenerTrackerOptions {
  std::size_t max_listeners = 500;
  std::chrono::milliseconds peak_window{30'000};
  DiagnosisThresholds thresholds;
};

class ListenerTracker {
 public:
  /// How long the drop count of a vanished listener is kept, in case the listener comes back. If a
  /// new listener needs the room, the count is forgotten earlier.
  static constexpr std::chrono::minutes kMemory{5};
  /// How many source prefixes are counted per listener and poll.
  static constexpr std::size_t kMaxPrefixes = 4'096;

  explicit ListenerTracker(const ListenerTrackerOptions& options);
  ~ListenerTracker();
  ListenerTracker(const ListenerTracker&) = delete;
  ListenerTracker& operator=(const ListenerTracker&) = delete;

  /// `listening` is every LISTEN socket of the host, each once. The drops that sockets have in the
  /// first update are only a baseline. For a socket that appears later, all drops count. Which of
  /// them are true depends on the counter that drop_attribution() was given before.
  void UpdateAcceptQueues(std::span<const SocketRecord> listening, MonotonicTime now);
  DropAttribution& drop_attribution() { return drop_attribution_; }

  // For the SYN queues of one poll, call BeginSynQueues, then AddSynRecv once for each SYN-RECV
  // socket, then CommitSynQueues.
  void BeginSynQueues();
  /// `age` is a lower bound.
  void AddSynRecv(const SocketRecord& record, std::chrono::milliseconds age);
  void CommitSynQueues(MonotonicTime now);

  void UseThresholds(const DiagnosisThresholds& thresholds) { options_.thresholds = thresholds; }
  /// Judges every listener by its queues as they are now, the signs of the SYN queues committed
  /// last, and the rates of the whole host.
  void Diagnose(const HostRates& rates, MonotonicTime now);

  ListenerList List(MonotonicTime now) const;

 private:
  struct Entry {
    explicit Entry(std::chrono::milliseconds peak_window)
        : accept_peak(peak_window), syn_peak(peak_window) {}

    ListenerStatus status;
    ListenerDrops drops;
    SynQueue syn_queue_in_poll;
    std::uint64_t settled_in_poll = 0;
    HandshakeAges ages_in_poll;
    std::unordered_map<std::uint64_t, std::uint32_t> sources_in_poll;  // SYN-RECV by prefix
    std::uint64_t drops_at_commit = 0;
    SlidingPeak accept_peak;
    SlidingPeak syn_peak;
    SampleWindow recent{ListenerStatus::kRecentSpan, 1};  // SYN queue lengths; none while all are 0
    MonotonicTime last_seen;
  };
  struct DropCounts;  // keeps the hash map out of this header

  // Returns the entry of an address, or other_ if there is no room for it.
  Entry& EntryOf(const Endpoint& address, MonotonicTime now);
  // Looks for a listener at the exact address, then at the wildcard address of the socket's family.
  // Returns other_ if there is neither.
  Entry& ListenerOf(const SocketRecord& syn_recv);
  void ForgetVanished(MonotonicTime now);
  // Finds out what of the drops that were just read is true.
  void AttributeDrops();
  // Returns what the poll that is being committed says about one listener, `elapsed` after the poll
  // before it. The entry's top sources must be up to date.
  static HandshakeSigns SignsOf(const Entry& entry, std::chrono::duration<double> elapsed);
  // Keeps the SYN queue's length at the commit `now`. `before` is its length at the commit before.
  void KeepRecent(Entry& entry, std::uint64_t before, MonotonicTime now) const;
  ListenerStatus StatusOf(const Entry& entry, MonotonicTime now) const;
  template <typename Action>
  void ForEachEntry(Action action);

  ListenerTrackerOptions options_;
  std::map<Endpoint, Entry> entries_;
  Entry other_;
  std::set<Endpoint> folded_;
  std::unique_ptr<DropCounts> drop_counts_;
  DropAttribution drop_attribution_;
  MonotonicTime latest_update_;
  std::optional<MonotonicTime> latest_commit_;
};

}  // namespace connwatch
