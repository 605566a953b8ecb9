#include "core/listeners/places.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace connwatch {

namespace {

// The order in which subjects get places.
template <typename Key>
bool IsBefore(const PlaceCandidate<Key>& one, const PlaceCandidate<Key>& other) {
  if (one.is_in_trouble != other.is_in_trouble) return one.is_in_trouble;
  if (one.load != other.load) return one.load > other.load;
  return one.key < other.key;
}

}  // namespace

/// The holders that may lose their places, those that no longer exist first, then the least busy.
template <typename Key>
class Places<Key>::Victims {
 public:
  Victims(Holders& holders, std::span<const Candidate> candidates, MonotonicTime now) {
    std::map<Key, const Candidate*> existing;
    for (const Candidate& one : candidates) existing[one.key] = &one;
    for (auto holder = holders.begin(); holder != holders.end(); ++holder) {
      const Place& place = holder->second;
      if (place.latest_trouble && now - *place.latest_trouble < kLeastStay) continue;
      const auto found = existing.find(holder->first);
      const bool exists = found != existing.end();
      victims_.push_back({.holder = holder,
                          .exists = exists,
                          .has_stayed = now - place.since >= kLeastStay,
                          .load = exists ? found->second->load : 0});
    }
    std::ranges::sort(victims_, [](const Victim& one, const Victim& other) {
      if (one.exists != other.exists) return other.exists;
      return one.load < other.load;
    });
  }

  /// Returns the holder whose place `candidate` may take, each holder at most once. nullopt if
  /// there is none.
  std::optional<typename Holders::iterator> TakeFor(const Candidate& candidate) {
    const bool takes_any = candidate.is_in_trouble;
    std::size_t& next = takes_any ? first_ : first_that_stayed_;
    while (next < victims_.size() &&
           (victims_[next].is_taken || (!takes_any && !victims_[next].has_stayed))) {
      ++next;
    }
    if (next == victims_.size()) return std::nullopt;
    Victim& victim = victims_[next];
    // Those behind it are not less busy.
    if (!takes_any && victim.exists && victim.load >= candidate.load) return std::nullopt;
    victim.is_taken = true;
    return victim.holder;
  }

 private:
  struct Victim {
    typename Holders::iterator holder;
    bool exists = false;
    bool has_stayed = false;  // for kLeastStay
    double load = 0;
    bool is_taken = false;
  };

  std::vector<Victim> victims_;
  // None before these is left: of all, and of those that have stayed.
  std::size_t first_ = 0;
  std::size_t first_that_stayed_ = 0;
};

template <typename Key>
void Places<Key>::TakeFree(const Key& key, MonotonicTime now) {
  if (holders_.size() < places_) holders_.try_emplace(key, Place{.since = now});
}

template <typename Key>
void Places<Key>::Reassign(std::span<const Candidate> existing, MonotonicTime now) {
  std::vector<Candidate> waiting;
  for (const Candidate& candidate : existing) {
    const auto holder = holders_.find(candidate.key);
    if (holder == holders_.end()) {
      waiting.push_back(candidate);
    } else if (candidate.is_in_trouble) {
      holder->second.latest_trouble = now;
    }
  }
  if (waiting.empty()) return;
  // More than there are places cannot get one.
  const std::size_t first = std::min(waiting.size(), places_);
  std::ranges::partial_sort(waiting, waiting.begin() + static_cast<std::ptrdiff_t>(first),
                            IsBefore<Key>);
  waiting.resize(first);
  Victims victims(holders_, existing, now);
  for (const Candidate& candidate : waiting) {
    if (holders_.size() >= places_) {
      // If this one gets no place, none of those behind it does.
      const auto holder = victims.TakeFor(candidate);
      if (!holder) return;
      holders_.erase(*holder);
    }
    Place& place = holders_[candidate.key];
    place.since = now;
    if (candidate.is_in_trouble) place.latest_trouble = now;
  }
}

template class Places<ListenerKey>;
template class Places<std::uint64_t>;

}  // namespace connwatch
