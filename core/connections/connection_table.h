// The connections that are followed: 48 bytes each, in the order of the first walk that met them,
// with an index by cookie. A walk comes by in nearly the same order every time, so that most
// look-ups are a look at the next place in memory.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "core/base/direction.h"
#include "core/base/tcp_state.h"

namespace connwatch {

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
  std::uint16_t group = 0;
  std::uint8_t seen_in_poll = 0;  // modulo 256
  Direction direction : 1 = Direction::kInbound;
  TcpState state : 4 = TcpState::kClose;
  bool generation : 1 = false;  // of the groups, see the tracker
  bool is_retired : 1 = false;
};

class ConnectionTable {
 public:
  using Place = std::uint32_t;
  static constexpr Place kNowhere = std::numeric_limits<Place>::max();

  ConnectionTable();
  ~ConnectionTable();
  ConnectionTable(const ConnectionTable&) = delete;
  ConnectionTable& operator=(const ConnectionTable&) = delete;

  /// Where the connection is, or kNowhere. `hint` is where the one before it in the walk was found,
  /// or kNowhere; it costs nothing but time if it is wrong.
  Place Find(std::uint64_t cookie, Place hint = kNowhere) const;
  /// A new connection, which must not be there yet; `cookie` is not 0.
  Place Insert(std::uint64_t cookie);
  /// Leaves the other connections where they are.
  void Erase(Place place);

  TrackedConnection& At(Place place) { return (*chunks_[place / kChunk])[place % kChunk]; }
  const TrackedConnection& At(Place place) const {
    return (*chunks_[place / kChunk])[place % kChunk];
  }
  std::size_t size() const { return size_; }
  /// Places are below this; some may be free.
  Place end() const { return end_; }

 private:
  // Chunks, because a vector that grows holds everything twice for a moment.
  static constexpr std::size_t kChunk = 4'096;
  struct Index;  // keeps the hash set out of this header

  std::vector<std::unique_ptr<std::array<TrackedConnection, kChunk>>> chunks_;
  std::vector<Place> free_;
  Place end_ = 0;
  std::size_t size_ = 0;
  std::unique_ptr<Index> index_;
};

}  // namespace connwatch
