// Which listeners are shown and judged, if there are more than `max_listeners`: those in trouble,
// then the busiest. They have a place; the others are summed up. Pure; time is passed in.
//
// Every change of a place ends the series of one listener and begins those of another. So a place
// changes hands rarely: it stays for kLeastStay, also if its listener is closed, because most
// listeners that are closed are opened again. One thing does not wait: a listener in trouble takes
// the place of one that is well. So within kLeastStay a place changes hands at most twice: once for
// a busier listener, and once for one in trouble. Rejected: giving each place to whoever is busiest
// at the moment. Queues are short and change all the time, so the page would change with every
// poll.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <span>

#include "core/base/instant.h"
#include "core/listeners/listener_key.h"

namespace connwatch {

/// A listener that exists now.
struct PlaceCandidate {
  ListenerKey key;
  bool is_in_trouble = false;
  double load = 0;  // the busier the larger
};

class ListenerPlaces {
 public:
  /// How long a listener keeps its place, counted from when it got it and from when it was in
  /// trouble for the last time.
  static constexpr std::chrono::minutes kLeastStay{10};

  explicit ListenerPlaces(std::size_t places) : places_(places) {}

  bool Has(const ListenerKey& key) const { return holders_.contains(key); }

  /// Gives `key` a free place, if it has none and there is one.
  void TakeFree(const ListenerKey& key, MonotonicTime now);

  /// Decides who has a place from now on. `listening` is every listener that exists, each once.
  /// - Free places go to those in trouble, then to the busiest.
  /// - A listener in trouble takes the place of one that has been well for kLeastStay, first of one
  ///   that no longer exists, then of the least busy one.
  /// - Another one takes such a place only if its holder has had it for kLeastStay, and no longer
  ///   exists or is less busy.
  void Reassign(std::span<const PlaceCandidate> listening, MonotonicTime now);

 private:
  struct Place {
    MonotonicTime since;
    std::optional<MonotonicTime> latest_trouble = std::nullopt;
  };
  using Holders = std::map<ListenerKey, Place>;
  class Victims;

  const std::size_t places_;
  Holders holders_;
};

}  // namespace connwatch
