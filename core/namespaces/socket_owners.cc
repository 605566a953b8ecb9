#include "core/namespaces/socket_owners.h"

#include <algorithm>
#include <span>
#include <utility>

namespace connwatch {

void SocketOwners::Find(std::uint64_t cgroup_id) {
  const std::span<Count> used(counts_.data(), size_);
  auto count = std::ranges::find(used, cgroup_id, &Count::cgroup_id);
  if (count == used.end() && size_ < kMost) {
    counts_.at(size_) = {cgroup_id, 1};
    latest_ = size_++;
    return;
  }
  if (count == used.end()) {
    count = std::ranges::min_element(used, {}, &Count::sockets);
    count->cgroup_id = cgroup_id;
  }
  ++count->sockets;
  latest_ = static_cast<std::size_t>(count - used.begin());
}

std::vector<std::uint64_t> SocketOwners::Take() {
  const std::span<Count> used(counts_.data(), std::exchange(size_, 0));
  std::ranges::sort(used, [](const Count& one, const Count& other) {
    if (one.sockets != other.sockets) return one.sockets > other.sockets;
    return one.cgroup_id < other.cgroup_id;
  });
  std::vector<std::uint64_t> cgroups;
  for (const Count& count : used) cgroups.push_back(count.cgroup_id);
  return cgroups;
}

}  // namespace connwatch
