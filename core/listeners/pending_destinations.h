// Counts the pending connects of one poll by their destination. Memory is bounded, however many
// destinations there are. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

#include "core/listeners/pending_connects.h"

namespace connwatch {

class PendingDestinations {
 public:
  /// Connects to further destinations are only counted. A dump is in the order of hashes, so a
  /// destination with many connects comes early.
  static constexpr std::size_t kMaxDestinations = 4'096;

  void Clear();
  void Add(const PendingConnect& connect);

  /// Fills `destinations` and `destinations_folded` of `pending`.
  void List(PendingConnects& pending) const;

 private:
  // Ordered, because destinations can be chosen so that their hashes collide.
  std::map<Endpoint, PendingDestination> by_remote_;
  std::uint64_t folded_ = 0;
};

}  // namespace connwatch
