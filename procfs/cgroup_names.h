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

namespace connwatch {

/// Where a cgroup v2 hierarchy can be seen.
struct CgroupMount {
  std::string directory;
  std::string root;  // the cgroup that `directory` shows; "/" except for a bind mount

  bool operator==(const CgroupMount&) const = default;
};

/// Finds the cgroup v2 mount in the text of /proc/[pid]/mountinfo: at /sys/fs/cgroup, else at
/// /sys/fs/cgroup/unified (hybrid), else the first one. nullopt on a host without cgroup v2.
std::optional<CgroupMount> FindCgroupMount(std::string_view mountinfo);

/// For one thread. Nothing here fails: if a name cannot be found, it is empty.
class CgroupNames {
 public:
  CgroupNames(std::string mountinfo_path, std::chrono::milliseconds min_rescan)
      : mountinfo_path_(std::move(mountinfo_path)), min_rescan_(min_rescan) {}

  /// Returns the name as UnitFromCgroupPath() gives it. "" for the root, for an id that is unknown
  /// or gone, and without cgroup v2. For an id not seen before it walks the file system, but at
  /// most once per `min_rescan`; until then the name is "". An id that a walk did not find is not
  /// looked for again, until more than 100,000 such ids have gathered and are forgotten.
  std::string NameOf(std::uint64_t cgroup_id, MonotonicTime now);

 private:
  void Rescan();

  const std::string mountinfo_path_;
  const std::chrono::milliseconds min_rescan_;

  std::unordered_map<std::uint64_t, std::string> names_;  // as of the latest walk
  std::unordered_set<std::uint64_t> asked_;               // asked for since then, and not found
  std::unordered_set<std::uint64_t> missing_;             // not found by a walk
  std::optional<MonotonicTime> last_scan_;
};

}  // namespace connwatch
