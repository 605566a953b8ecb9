// Remembers where connects went in the latest five to ten minutes, and lists the destinations with
// most connects, most failures and the greatest latency. Bounded: if there is no room for another
// destination, the one with fewest connects gives way, unless the new one has no more. A connect
// that failed weighs as much as ten others. Pure; time is passed in. Used by one thread.
#pragma once

#include <array>
#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "core/base/instant.h"
#include "core/base/ip_address.h"
#include "core/handshakes/handshake_batch.h"
#include "core/handshakes/handshakes.h"

namespace connwatch {

/// What people call those who connect. See Destination.
struct ConnectorNames {
  std::string_view netns;
  std::string_view unit;
  std::string_view group;
};

class Destinations {
 public:
  /// The most that are remembered, with at most 4 kB each.
  static constexpr std::size_t kMaxDestinations = 1'024;
  /// The length of each list of Handshakes.
  static constexpr std::size_t kMaxTop = 20;
  /// Counts are kept in two halves. When one is this old, the other one is forgotten.
  static constexpr std::chrono::minutes kHalf{5};

  Destinations();
  ~Destinations();
  Destinations(const Destinations&) = delete;
  Destinations& operator=(const Destinations&) = delete;

  /// Forgets what is too old. Call it before the batches of a reading, and before List().
  void Advance(MonotonicTime now);
  /// `batch` must be outbound.
  void Add(const HandshakeBatch& batch, const ConnectorNames& names, MonotonicTime now);

  /// Returns the name that a network namespace has now; empty if it is gone.
  using NamespaceName = std::function<std::string_view(std::uint64_t net_cookie)>;
  /// Fills the members of `handshakes` that are about destinations.
  void List(Handshakes& handshakes, MonotonicTime now, const NamespaceName& name_of) const;

 private:
  struct Key;
  struct Entry;
  struct Table;  // keeps the hash map out of this header

  // Returns nullptr if there is no room for something of this weight.
  Entry* FindOrAdmit(const Key& key, std::uint64_t weight);
  bool MakeRoom(std::uint64_t weight);
  void TurnHalf();

  std::unique_ptr<Table> table_;
  std::array<std::uint64_t, 2> folded_{};
  std::optional<MonotonicTime> half_began_;
  bool has_earlier_half_ = false;
};

}  // namespace connwatch
