#include "core/listeners/pending_destinations.h"

#include <algorithm>
#include <tuple>

namespace connwatch {

void PendingDestination::Add(const PendingConnect& connect) {
  if (count == 0) {
    remote = connect.remote;
    next_try = connect.next_try;
    cgroup_id = connect.cgroup_id;
  }
  if (cgroup_id != connect.cgroup_id) has_several_owners = true;
  if (has_several_owners) cgroup_id.reset();
  ++count;
  if (connect.retransmissions > 0) ++retransmitting;
  oldest_age = std::max(oldest_age, connect.age);
  retransmissions_max = std::max(retransmissions_max, connect.retransmissions);
  next_try = std::min(next_try, connect.next_try);
}

void PendingDestinations::Clear() {
  by_remote_.clear();
  folded_ = 0;
}

void PendingDestinations::Add(const PendingConnect& connect) {
  auto found = by_remote_.find(connect.remote);
  if (found == by_remote_.end()) {
    if (by_remote_.size() == kMaxDestinations) {
      ++folded_;
      return;
    }
    found = by_remote_.try_emplace(connect.remote).first;
  }
  found->second.Add(connect);
}

void PendingDestinations::List(PendingConnects& pending) const {
  const auto is_before = [](const PendingDestination& one, const PendingDestination& other) {
    return std::tie(one.count, one.oldest_age) > std::tie(other.count, other.oldest_age);
  };
  std::vector<PendingDestination>& list = pending.destinations;
  list.clear();
  for (const auto& [remote, destination] : by_remote_) list.push_back(destination);
  std::ranges::stable_sort(list, is_before);
  pending.destinations_folded = folded_;
  for (std::size_t i = PendingConnects::kMaxDestinationsListed; i < list.size(); ++i) {
    pending.destinations_folded += list[i].count;
  }
  list.resize(std::min(list.size(), PendingConnects::kMaxDestinationsListed));
}

}  // namespace connwatch
