// Follows the listeners of a host from poll to poll. The listeners tier brings the accept queues.
// The handshakes tier brings the SYN-RECV sockets, and this finds the listener of each
// (listener_match.h). Every listener is followed and judged, so that trouble is seen wherever it
// is; those that have a place (listener_places.h) are shown. Pure; time is passed in.
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
#include "core/listeners/listener_places.h"
#include "core/sockets/socket_record.h"

namespace connwatch {

struct ListenerTrackerOptions {
  std::size_t max_listeners = 500;  // how many have a place
  std::chrono::milliseconds peak_window{30'000};
  DiagnosisThresholds thresholds;
};

class ListenerTracker {
 public:
  /// How long the drop count of a vanished listener is kept, in case the listener comes back. If a
  /// new listener needs the room, the count is forgotten earlier.
  static constexpr std::chrono::minutes kMemory{5};
  /// How many listeners are followed, if `max_listeners` is not more. Those beyond it are only
  /// summed up: nobody sees their trouble.
  static constexpr std::size_t kMaxFollowed = 20'000;
  /// How long a listener counts as busy after its queues were long.
  static constexpr std::chrono::minutes kLoadMemory{10};
  /// How many source prefixes are counted in one poll: per listener, and of all listeners together.
  static constexpr std::size_t kMaxPrefixes = 4'096;
  static constexpr std::size_t kMaxPrefixesInAll = 131'072;

  explicit ListenerTracker(const ListenerTrackerOptions& options);
  ~ListenerTracker();
  ListenerTracker(const ListenerTracker&) = delete;
  ListenerTracker& operator=(const ListenerTracker&) = delete;

  /// `listening` is every LISTEN socket of the host, each once. The drops that sockets have in the
  /// first update are only a baseline. For a socket that appears later, all drops count. Which of
  /// them are true depends on the counter that drop_attribution() was given before. Drops of a
  /// listener without a place count as those of `ListenerList::other`, and stay there.
  void UpdateAcceptQueues(std::span<const SocketRecord> listening, MonotonicTime now);
  /// So many more LISTEN sockets exist, of which nothing else is known.
  void NoteLeftOut(std::uint64_t sockets) { left_out_ = sockets; }
  DropAttribution& drop_attribution() { return drop_attribution_; }

  // For the SYN queues of one poll, call BeginSynQueues, then AddSynRecv once for each SYN-RECV
  // socket, then CommitSynQueues.
  void BeginSynQueues();
  /// `age` is a lower bound.
  void AddSynRecv(const SocketRecord& record, std::chrono::milliseconds age);
  void CommitSynQueues(MonotonicTime now);

  void UseThresholds(const DiagnosisThresholds& thresholds) { options_.thresholds = thresholds; }
  /// Judges every listener by its queues as they are now, the signs of the SYN queues committed
  /// last, and the rates of the whole host. Then decides which of them have a place.
  void Diagnose(const HostRates& rates, MonotonicTime now);

  ListenerList List(MonotonicTime now) const;

 private:
  // Which sockets a listener has.
  struct SocketKinds {
    void Add(const SocketRecord& listening);
    // True iff the SYN-RECV socket may have come from one of them.
    bool CanOwn(const SocketRecord& syn_recv) const;

    bool has_ipv4 = false;
    bool has_ipv6 = false;
    bool has_dual_stack = false;  // IPv6 that takes IPv4 as well
  };
  struct Entry {
    explicit Entry(std::chrono::milliseconds peak_window)
        : accept_peak(peak_window), utilization_peak(peak_window), syn_peak(peak_window) {}

    bool IsListening() const { return status.accept_queue.sockets > 0; }
    void SetPeaks(MonotonicTime now, ListenerStatus& into) const;

    ListenerStatus status;  // the drops: those that happened while it had a place
    ListenerDrops drops;    // with a place and without
    SocketKinds kinds;
    bool has_place = false;  // as places_ has it
    bool is_in_trouble = false;
    SynQueue syn_queue_in_poll;
    std::uint64_t settled_in_poll = 0;
    HandshakeAges ages_in_poll;
    std::unordered_map<std::uint64_t, std::uint32_t> sources_in_poll;  // SYN-RECV by prefix
    std::uint64_t booked_drops = 0;         // of drops.refused(), in this status or in other_'s
    std::uint64_t booked_socket_drops = 0;  // of drops.counted(), likewise
    std::uint64_t drops_at_commit = 0;
    SlidingPeak<std::uint64_t> accept_peak;
    SlidingPeak<double> utilization_peak;
    SlidingPeak<std::uint64_t> syn_peak;
    std::uint64_t longest_accept_queue = 0;  // since the latest commit
    double load = 0;                         // how long the queues are, over kLoadMemory
    SampleWindow recent{ListenerStatus::kRecentSpan, 1};  // SYN queue lengths; none while all are 0
    MonotonicTime last_seen;
  };
  struct DropCounts;  // keeps the hash map out of this header

  // Returns the entry of a listener, or other_ if there is no room for it.
  Entry& EntryOf(const ListenerKey& key, MonotonicTime now);
  // Returns the listener that the kernel would choose now, or other_ if there is none.
  Entry& ListenerOf(const SocketRecord& syn_recv);
  // Books what is new in the status of the entry, or of other_ if the entry has no place.
  void BookDrops(Entry& entry);
  void ObserveAcceptQueues(MonotonicTime now);
  void AssignPlaces(MonotonicTime now);
  void ForgetVanished(MonotonicTime now);
  void AttributeDrops();  // finds out what of the drops that were just read is true
  // Returns what the poll that is being committed says about one listener, `elapsed` after the poll
  // before. The entry's top sources must be up to date.
  static HandshakeSigns SignsOf(const Entry& entry, std::chrono::duration<double> elapsed);
  // Keeps the SYN queue's length at the commit `now`. `before` is its length at the commit before.
  void KeepRecent(Entry& entry, std::uint64_t before, MonotonicTime now) const;
  static ListenerStatus StatusOf(const Entry& entry, MonotonicTime now);
  ListenerStatus StatusOfOthers(MonotonicTime now) const;
  // The queues of all listeners without a place and of other_.
  AcceptQueue AcceptQueueOfOthers() const;
  SynQueue SynQueueOfOthers() const;
  template <typename Action>
  void ForEachEntry(Action action);

  ListenerTrackerOptions options_;
  ListenerPlaces places_;
  std::map<ListenerKey, Entry> entries_;  // also those that are remembered
  Entry other_;                           // what belongs to no entry, and drops without a place
  std::set<ListenerKey> not_followed_;    // for which there was no room
  std::uint64_t left_out_ = 0;            // sockets beyond those
  std::size_t prefixes_in_poll_ = 0;      // of all listeners
  std::unique_ptr<DropCounts> drop_counts_;
  DropAttribution drop_attribution_;
  std::optional<MonotonicTime> latest_commit_;
};

}  // namespace connwatch
