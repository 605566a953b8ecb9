// Which cgroups own most of the sockets of one network namespace. In constant memory: if there are
// many owners, the counts of those with few sockets are estimates (the space-saving algorithm of
// Metwally, Agrawal and El Abbadi). An owner of more than an eighth of the sockets is always found.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace connwatch {

class SocketOwners {
 public:
  /// How many are counted.
  static constexpr std::size_t kMost = 8;

  /// A socket belongs to this cgroup.
  void Add(std::uint64_t cgroup_id) {
    if (latest_ < size_ && counts_[latest_].cgroup_id == cgroup_id) {
      ++counts_[latest_].sockets;
    } else {
      Find(cgroup_id);
    }
  }

  /// Returns the cgroups, the one with most sockets first, and forgets the counts.
  std::vector<std::uint64_t> Take();

 private:
  struct Count {
    std::uint64_t cgroup_id = 0;
    std::uint64_t sockets = 0;
  };

  void Find(std::uint64_t cgroup_id);

  std::array<Count, kMost> counts_;
  std::size_t size_ = 0;
  std::size_t latest_ = 0;
};

}  // namespace connwatch
