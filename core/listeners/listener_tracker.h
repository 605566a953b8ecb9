// Follows the listeners of a host from poll to poll. The listeners tier brings the accept queues.
// The handshakes tier brings the SYN-RECV sockets, and this finds the listener of each
// (listener_match.h). Every listener is followed and judged, so that trouble is seen wherever it
// is; those that have a place (places.h) are shown. Pure; time is passed in.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <utility>

#include "core/base/instant.h"
#include "core/kernel/host_rates.h"
#include "core/listeners/drop_attribution.h"
#include "core/listeners/followed_listener.h"
#include "core/listeners/listener.h"
#include "core/listeners/places.h"
#include "core/sockets/socket_record.h"

namespace connwatch {

struct ListenerTrackerOptions {
  static constexpr std::size_t kMaxFollowed = 20'000;

  std::size_t max_listeners = 500;  // how many have a place
  /// At least max_listeners are followed. Those beyond are only summed up: nobody sees their
  /// trouble.
  std::size_t max_followed = kMaxFollowed;
  std::chrono::milliseconds peak_window{30'000};
  DiagnosisThresholds thresholds;
};

/// All listeners together.
struct QueueSums {
  AcceptQueue accept_queue;
  SynQueue syn_queue;
  std::uint64_t listeners = 0;
};

class ListenerTracker {
 public:
  /// How long the drop count of a vanished listener is kept, in case the listener comes back. If a
  /// new listener needs the room, the count is forgotten earlier.
  static constexpr std::chrono::minutes kMemory{5};
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
  /// first update are only a baseline. For a socket that appears later, all drops count. Which are
  /// true depends on the counter that drop_attribution() was given before. Drops of a listener
  /// without a place count as those of `ListenerList::other`, and stay there.
  void UpdateAcceptQueues(std::span<const SocketRecord> listening, MonotonicTime now);
  /// A poll has found the same at `now` as the latest update: sockets, queues and drop counts.
  void RepeatAcceptQueues(MonotonicTime now);
  // So many more LISTEN sockets exist, of which nothing else is known.
  void NoteLeftOut(std::uint64_t sockets) { left_out_ = sockets; }
  DropAttribution& drop_attribution() { return drop_attribution_; }

  // For the SYN queues of one poll, call BeginSynQueues, then AddSynRecv once for each SYN-RECV
  // socket, then CommitSynQueues. `age` is a lower bound.
  void BeginSynQueues();
  void AddSynRecv(const SocketRecord& record, std::chrono::milliseconds age);
  void CommitSynQueues(MonotonicTime now);

  void UseThresholds(const DiagnosisThresholds& thresholds) { options_.thresholds = thresholds; }
  /// Judges every listener by its queues as they are now, the signs of the SYN queues committed
  /// last, and the rates of the whole host. Then decides which of them have a place.
  void Diagnose(const HostRates& rates, MonotonicTime now);

  ListenerList List(MonotonicTime now) const;
  /// Returns the same sums as ListenerList has of those without a place, but of all listeners. Each
  /// peak is the highest of a single listener.
  QueueSums Sum(MonotonicTime now) const;
  /// How many of the listeners that were diagnosed last are in trouble.
  std::size_t in_trouble() const { return in_trouble_; }
  /// Returns the drops since the last call, also those of listeners that are gone.
  DropTotals TakeNewDrops() { return std::exchange(new_drops_, {}); }
  void RestartDrops();  // those in List() begin at 0 again

 private:
  using Entry = FollowedListener;
  struct DropCounts;  // keeps the hash map out of this header

  std::size_t MaxEntries() const { return std::max(options_.max_followed, options_.max_listeners); }
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
  // What the poll that is committed, `elapsed` after the one before, says about a listener. The
  // entry's top sources must be up to date.
  static HandshakeSigns SignsOf(const Entry& entry, std::chrono::duration<double> elapsed);
  // Keeps the SYN queue's length. `before` is its length at the commit before.
  void KeepRecent(Entry& entry, std::uint64_t before, MonotonicTime now) const;
  static ListenerStatus StatusOf(const Entry& entry, MonotonicTime now);
  ListenerStatus StatusOfOthers(MonotonicTime now) const;
  // The queues of all listeners without a place and of other_.
  AcceptQueue AcceptQueueOfOthers() const;
  SynQueue SynQueueOfOthers() const;
  template <typename Action>
  void ForEachEntry(Action action);

  ListenerTrackerOptions options_;
  Places<ListenerKey> places_;
  std::map<ListenerKey, Entry> entries_;  // also those that are remembered
  Entry other_;                           // what belongs to no entry, and drops without a place
  std::set<ListenerKey> not_followed_;    // for which there was no room
  std::uint64_t left_out_ = 0;            // sockets beyond those
  std::size_t prefixes_in_poll_ = 0;      // of all listeners
  std::size_t in_trouble_ = 0;
  DropTotals new_drops_;
  std::unique_ptr<DropCounts> drop_counts_;
  DropAttribution drop_attribution_;
  std::optional<MonotonicTime> latest_commit_;
};

}  // namespace connwatch
