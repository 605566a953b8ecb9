// The connections that are followed, 48 bytes each, with an index by cookie. A walk adds the
// connections that it first meets to places that ended ones have left, or else at the end. Each
// walk has nearly the same order, so most look-ups find the connection within the next four places.
// Once most connections have been replaced by others, their places are in no order any more. Then
// look-ups need the index, and each waits twice for memory, unless it was prefetched.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "core/base/allowance.h"
#include "core/base/direction.h"
#include "core/base/tcp_state.h"

namespace connwatch {

/// How well it is known who opened a connection.
enum class Opener : std::uint8_t {
  kGuessed,
  kHintedInbound,  // guessed, and one poll has shown evidence that is no proof
  kHintedOutbound,
  kProven,
};

/// What is remembered of one connection. Times in whole milliseconds, rounded down.
struct TrackedConnection {
  std::uint64_t cookie = 0;  // 0: the place is free
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
  std::uint32_t segments_sent = 0;
  std::uint32_t segments_retransmitted = 0;
  std::uint32_t busy_ms = 0;
  std::uint32_t rwnd_limited_ms = 0;
  std::uint32_t sndbuf_limited_ms = 0;
  std::uint16_t group = 0;        // the place of the group
  unsigned seen_in_poll : 5 = 0;  // modulo kPollNumbers
  // How many polls must still meet it before what it moves is booked. 0 once its opener is proven.
  unsigned polls_to_wait : 2 = kMaxPollsToWait;
  bool is_grouped : 1 = false;  // false: its group must be looked up when it is next met
  Direction direction : 1 = Direction::kInbound;
  TcpState state : 4 = TcpState::kClose;
  Opener opener : 2 = Opener::kGuessed;
  bool is_retired : 1 = false;

  static constexpr unsigned kPollNumbers = 32;
  static constexpr unsigned kMaxPollsToWait = 3;
};
static_assert(sizeof(TrackedConnection) == 48);

class ConnectionTable {
 public:
  using Place = std::uint32_t;
  static constexpr Place kNowhere = std::numeric_limits<Place>::max();

  /// `room` is shared with other tables, and must outlive them all.
  explicit ConnectionTable(Allowance& room);
  ~ConnectionTable();
  ConnectionTable(const ConnectionTable&) = delete;
  ConnectionTable& operator=(const ConnectionTable&) = delete;

  /// Returns the place of the connection, or kNowhere. `hint` is the place of the connection that
  /// the walk delivered just before, or kNowhere. A wrong hint costs only time.
  Place Find(std::uint64_t cookie, Place hint = kNowhere) const;
  /// Returns true iff Find() needs no index for the place if it is given this hint.
  static bool IsAtHand(Place place, Place hint) { return place - (hint + 1) < kReach; }

  // Call these for a cookie that Find() will be called for soon, the second one when what the first
  // one has asked the memory for has come. They change nothing but the time that Find() takes.
  void PrefetchIndex(std::uint64_t cookie) const;
  void PrefetchConnection(std::uint64_t cookie) const;
  // Prefetches the connection at the next place. `place` may be kNowhere.
  void PrefetchAfter(Place place) const {
    if (place + 1 < end_) __builtin_prefetch(&At(place + 1).rwnd_limited_ms);
  }

  /// Adds a connection and returns its place, or kNowhere if there is no room. It must not be in
  /// the table yet, and `cookie` must not be 0.
  Place Insert(std::uint64_t cookie);
  /// The places of the other connections stay valid.
  void Erase(Place place);

  TrackedConnection& At(Place place) { return (*chunks_[place / kChunk])[place % kChunk]; }
  const TrackedConnection& At(Place place) const {
    return (*chunks_[place / kChunk])[place % kChunk];
  }
  std::size_t size() const { return size_; }
  /// All places are below this; some of them may be free.
  Place end() const { return end_; }

 private:
  // Chunks, because a vector that grows holds everything twice for a moment. They are small,
  // because most network namespaces have few connections.
  static constexpr std::size_t kChunk = 128;
  // Connections that ended since the last walk leave gaps.
  static constexpr Place kReach = 4;

  // A hash table with linear probing. It is our own, because no library tells which memory a
  // look-up will need.
  struct Bucket {
    Place place = kNowhere;  // kNowhere: the bucket is empty
    std::uint32_t tag = 0;   // of the cookie's hash, so that most others need not be looked at
  };

  std::size_t HomeOf(std::uint64_t cookie) const;
  std::size_t BucketOf(std::uint64_t cookie) const;  // its own, else the empty one where it belongs
  void Grow();
  void EraseBucket(std::size_t gap);

  Allowance& room_;
  std::vector<std::unique_ptr<std::array<TrackedConnection, kChunk>>> chunks_;
  std::vector<Place> free_;
  Place end_ = 0;
  std::size_t size_ = 0;
  std::vector<Bucket> buckets_;  // a power of two, or none
};

}  // namespace connwatch
