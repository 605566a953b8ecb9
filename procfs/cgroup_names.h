// Which systemd unit or container a socket belongs to, by the id of its cgroup (inet_diag's
// CGROUP_ID). The id is the inode number of the cgroup v2 directory; a walk over the hierarchy
// finds it. Rejected: open_by_handle_at(), which resolves an id at once but needs
// CAP_DAC_READ_SEARCH.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "core/base/instant.h"
#include "procfs/cgroup_container.h"

namespace connwatch {

/// Where a cgroup v2 hierarchy can be seen.
struct CgroupMount {
  std::string directory;
  std::string root;  // the cgroup that `directory` shows; "/" except for a bind mount

  bool operator==(const CgroupMount&) const = default;
};

/// Finds the cgroup v2 mount in the text of /proc/[pid]/mountinfo: at /sys/fs/cgroup, else at
/// /sys/fs/cgroup/unified (hybrid), else the first one. If the host's root is seen at another place
/// than "/", its `host_root`, only mounts below it count. nullopt if there is none.
std::optional<CgroupMount> FindCgroupMount(std::string_view mountinfo,
                                           std::string_view host_root = "/");

/// What the path of a cgroup tells.
struct CgroupOwner {
  std::string unit;                                         // as UnitFromCgroupPath() gives it
  std::optional<CgroupContainer> container = std::nullopt;  // as ContainerFromCgroupPath() does
};

/// For one thread. Nothing here fails: what cannot be found is absent.
class CgroupNames {
 public:
  CgroupNames(std::string mountinfo_path, std::string host_root,
              std::chrono::milliseconds min_rescan)
      : mountinfo_path_(std::move(mountinfo_path)),
        host_root_(std::move(host_root)),
        min_rescan_(min_rescan) {}

  /// Returns nullptr for the root, for an id that is unknown or gone, and without cgroup v2. For an
  /// id not seen before it walks the file system, but at most once per `min_rescan`, and more
  /// rarely if there are more than a thousand cgroups; until then the answer is nullptr. An id that
  /// a walk did not find is not looked for again, until more than 100,000 such ids have gathered
  /// and are forgotten. Valid until the next call.
  const CgroupOwner* Find(std::uint64_t cgroup_id, MonotonicTime now);

 private:
  void Rescan();

  const std::string mountinfo_path_;
  const std::string host_root_;
  const std::chrono::milliseconds min_rescan_;

  std::unordered_map<std::uint64_t, CgroupOwner> owners_;  // as of the latest walk
  std::unordered_set<std::uint64_t> asked_;                // asked for since then, and not found
  std::unordered_set<std::uint64_t> missing_;              // not found by a walk
  std::optional<MonotonicTime> next_scan_;                 // the earliest time
};

}  // namespace connwatch
