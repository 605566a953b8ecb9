// Says how many of the drops that the sockets of listeners count are true: SYNs and final ACKs that
// the listener refused. The ListenerTracker gives it what the sockets counted, and the ListenerPoll
// the kernel's counter ListenDrops. Pure; time is passed in.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "core/base/instant.h"

namespace connwatch {

/// Drops of several listeners together: true ones, and all that their sockets counted.
struct DropTotals {
  std::uint64_t refused = 0;
  std::uint64_t counted = 0;
};

/// What the sockets of one listener have dropped since the daemon started.
class ListenerDrops {
 public:
  // For each reading of the sockets, call StartReading, then the other two as they apply.
  void StartReading() { is_full_ = false; }
  /// A socket of the listener has counted `growth` more.
  void AddGrowth(std::uint64_t growth) {
    counted_ += growth;
    pending_.front() += growth;
  }
  /// A queue of the listener has no room left, so the listener has to refuse.
  void NoteFullQueue() { is_full_ = was_full_ = true; }

  /// What the sockets counted, true or not.
  std::uint64_t counted() const { return counted_; }
  /// What the listener refused, as far as it is known by now. Never more than counted().
  std::uint64_t refused() const { return refused_; }

 private:
  friend class DropAttribution;

  /// How often counted drops take part in an attribution before they are noise for good.
  static constexpr std::size_t kChances = 2;

  bool IsAnythingPending() const;

  std::uint64_t counted_ = 0;
  std::uint64_t refused_ = 0;
  std::array<std::uint64_t, kChances> pending_{};  // by how many chances they have had
  bool is_full_ = false;                           // at the latest reading
  // At any reading since the last attribution, or when what is still pending was counted.
  bool was_full_ = false;
};

/// The kernel counts a refusal twice: in sk_drops of the LISTEN socket and in ListenDrops of the
/// network namespace. sk_drops also counts what nobody lost: deferred ACKs, repeated SYNs, stray
/// segments, half-open probes. So all listeners together have refused what ListenDrops grew by, and
/// each of them at most what its sk_drops grew by.
// kernel: tcp_listendrop() adds to sk_drops first, then to LINUX_MIB_LISTENDROPS. The other causes
// of sk_drops are at discard_and_relse in tcp_v4_rcv() and in tcp_v4_do_rcv().
///
/// Attribute() gives the growth of the counter to the listeners, at most what each has counted:
/// 1. First to those with a full queue, because these have to refuse; then to the others. A
///    listener counts as full if it was full at the last attribution, at any reading since, or when
///    it counted what is still pending.
/// 2. Of these, first to what was counted earlier.
/// 3. If that is still too much, in proportion to what each has counted. The remainder goes to the
///    largest.
///
/// The counter is read just before the sockets. So what it has grown by is in the sockets already,
/// and whatever no socket has counted was of a socket that has been closed, or has another cause:
/// it expires at once. What is refused between the two readings is in the sockets, and in the
/// counter only at its next reading. So what a listener has counted gets a second chance. After
/// that it is noise, and never takes the drops of another listener.
///
/// - As long as nothing is pending, the counter need not be read at every poll. If it was not read,
///   what the sockets have counted waits for the next poll.
/// - If the poll of the sockets fails after the counter was read, the growths of both wait.
/// - If the counter cannot be read (or goes back, which is a change of the namespace), nothing
/// bounds
///   the drops. Then everything counts as refused: an alert too many is better than none. When the
///   counter can be read again, it bounds the drops from the next poll on.
/// - The drops before the first reading of both are a baseline.
///
/// Where it errs:
/// - A listener without a full queue that counts noise may get what another listener without a full
///   queue refused in the same two polls, or what was refused by a socket that is closed by now.
/// - Such a listener may lose what it refused, at most as much as listeners with a full queue
///   refused between the readings of counter and sockets.
/// - SYN queues are polled less often than sockets. A full one counts as full from its poll on.
/// The sum of all listeners is right or too low.
class DropAttribution {
 public:
  /// How often the counter is read while nothing is pending. A drop of a socket that is closed
  /// again can be taken for that of another listener for as long.
  static constexpr std::chrono::seconds kQuietInterval{1};

  /// Returns whether ReadCounter must be called before the sockets are read at `now`.
  bool IsCounterDue(MonotonicTime now) const;
  /// Takes ListenDrops, nullopt if it cannot be read.
  void ReadCounter(std::optional<std::uint64_t> listen_drops, MonotonicTime now);
  /// Call after the sockets were read, with each listener once.
  void Attribute(std::span<ListenerDrops* const> listeners);
  /// Call instead of Attribute() if the sockets have counted nothing more since the last call.
  /// Returns false iff Attribute() must be called all the same.
  bool Skip();

 private:
  // Gives what is unclaimed to what listeners with (or without) a full queue have pending.
  void AttributeTo(bool with_full_queue, std::span<ListenerDrops* const> listeners);
  // Nothing bounds the drops: what has not had a chance yet is taken for true.
  static void BelieveAll(std::span<ListenerDrops* const> listeners);

  std::optional<std::uint64_t> counter_;  // nullopt if the latest reading failed
  std::optional<MonotonicTime> counter_read_at_;
  std::uint64_t unclaimed_ = 0;  // growth of the counter that no listener has got yet
  bool is_counter_new_ = false;  // since the last attribution
  bool is_bounded_ = false;      // the growth of the counter since the last attribution is known
  bool is_anything_pending_ = false;
};

}  // namespace connwatch
