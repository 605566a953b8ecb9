// Names of network namespaces, as ip-netns(8) and container runtimes leave them in the file system:
// a file in /run/netns on which the namespace is mounted. Its inode is that of the namespace.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/base/instant.h"

namespace connwatch {

/// For one thread. Nothing here fails: if a name cannot be found, it is empty.
class NetnsNames {
 public:
  /// The most entries that are looked at in one scan, of all directories together.
  static constexpr std::size_t kMaxEntries = 4'096;
  /// The most namespaces that are remembered. Beyond it all are forgotten and found again.
  static constexpr std::size_t kMaxRemembered = 16'384;

  /// The shortest time between two scans if there are new namespaces.
  static constexpr std::chrono::seconds kMinScanForNew{1};

  /// `directories` are those with names; if several name a namespace, the first one counts.
  /// `own_namespace` is a file that shows which file system namespaces are on (/proc/self/ns/net).
  NetnsNames(std::vector<std::string> directories, std::string own_namespace,
             std::chrono::milliseconds min_rescan)
      : directories_(std::move(directories)),
        own_namespace_(std::move(own_namespace)),
        min_rescan_(min_rescan) {}

  /// There is a namespace with this cookie. The kernel uses inodes again, so a name counts only for
  /// a namespace that was met before the directories were scanned.
  void Meet(std::uint64_t cookie);
  /// Returns the name of the namespace, which is met by this, too; "" if it has none, or before the
  /// next scan. If there is no name, the directories are scanned, but at most once per
  /// `min_rescan`, or once per kMinScanForNew if a namespace was met since the latest scan. A scan
  /// follows no symbolic link, mounts nothing and asks no server.
  std::string NameOf(std::uint64_t cookie, std::uint32_t inode, MonotonicTime now);

 private:
  void Scan();
  void ScanDirectory(const std::string& path);

  const std::vector<std::string> directories_;
  const std::string own_namespace_;
  const std::chrono::milliseconds min_rescan_;

  std::unordered_map<std::uint64_t, std::string> names_;  // by inode, as of the latest scan
  std::size_t entries_ = 0;                               // of the scan in progress
  std::unordered_set<std::uint64_t> met_before_;          // cookies, before the latest scan
  std::unordered_set<std::uint64_t> met_since_;
  std::optional<MonotonicTime> last_scan_;
};

}  // namespace connwatch
