// Which subjects are shown, if there are more than there is room for: those in trouble, then the
// busiest. They have a place; the others are summed up. The subjects are the listeners of one
// network namespace, or the network namespaces of a host. Pure; time is passed in.
//
// Every change of a place ends the series of one subject and begins those of another. So a place
// changes hands rarely: it stays for kLeastStay, also if its subject is gone, because most
// listeners that are closed are opened again. One thing does not wait: a subject in trouble takes
// the place of one that is well. So within kLeastStay a place changes hands at most twice: once for
// a busier subject, and once for one in trouble. Rejected: giving each place to whoever is busiest
// at the moment. Queues are short and change all the time, so the page would change with every
// poll.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>

#include "core/base/instant.h"
#include "core/listeners/listener_key.h"

namespace connwatch {

/// A subject that exists now.
template <typename Key>
struct PlaceCandidate {
  Key key{};
  bool is_in_trouble = false;
  double load = 0;  // the busier the larger
};

/// `Key` tells the subjects apart: ListenerKey, or the cookie of a network namespace.
template <typename Key>
class Places {
 public:
  using Candidate = PlaceCandidate<Key>;

  /// How long a subject keeps its place, counted from when it got it and from when it was in
  /// trouble for the last time.
  static constexpr std::chrono::minutes kLeastStay{10};

  explicit Places(std::size_t places) : places_(places) {}

  bool Has(const Key& key) const { return holders_.contains(key); }

  /// Gives `key` a free place, if it has none and there is one.
  void TakeFree(const Key& key, MonotonicTime now);

  /// `key` no longer exists. Its place is free, if it has one.
  void Release(const Key& key) { holders_.erase(key); }

  /// Decides who has a place from now on. `existing` is every subject that exists, each once.
  /// - Free places go to those in trouble, then to the busiest.
  /// - A subject in trouble takes the place of one that has been well for kLeastStay, first of one
  ///   that no longer exists, then of the least busy one.
  /// - Another one takes such a place only if its holder has had it for kLeastStay, and no longer
  ///   exists or is less busy.
  void Reassign(std::span<const Candidate> existing, MonotonicTime now);

 private:
  struct Place {
    MonotonicTime since;
    std::optional<MonotonicTime> latest_trouble = std::nullopt;
  };
  using Holders = std::map<Key, Place>;
  class Victims;

  const std::size_t places_;
  Holders holders_;
};

// places.cc has the code for these.
extern template class Places<ListenerKey>;
extern template class Places<std::uint64_t>;

}  // namespace connwatch
