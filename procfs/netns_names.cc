#include "procfs/netns_names.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <map>
#include <memory>
#include <utility>

namespace connwatch {

namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const { closedir(directory); }
};

// Returns what identifies the file; nullopt if it is not there or may not be looked at.
std::optional<struct statx> StatusOf(int directory, const char* name, int flags) {
  // A file system on the network is not asked, so this never waits for one.
  constexpr int kLocalOnly = AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC;
  struct statx status {};
  if (statx(directory, name, flags | kLocalOnly, STATX_INO, &status) != 0) return std::nullopt;
  return status;
}

bool IsOnSameFileSystem(const struct statx& one, const struct statx& other) {
  return one.stx_dev_major == other.stx_dev_major && one.stx_dev_minor == other.stx_dev_minor;
}

}  // namespace

void NetnsNames::Meet(std::uint64_t cookie) {
  if (met_since_.size() < kMaxRemembered && !met_before_.contains(cookie))
    met_since_.insert(cookie);
}

std::string NetnsNames::NameOf(std::uint64_t cookie, std::uint32_t inode, MonotonicTime now) {
  const auto find = [&] {
    const auto name = names_.find(inode);
    return met_before_.contains(cookie) && name != names_.end() ? name->second : std::string();
  };
  if (std::string name = find(); !name.empty()) return name;
  Meet(cookie);
  const auto pause = met_since_.empty() ? min_rescan_ : std::chrono::milliseconds(kMinScanForNew);
  if (last_scan_ && now - *last_scan_ < pause) return "";
  last_scan_ = now;
  Scan();
  return find();
}

void NetnsNames::Scan() {
  names_.clear();
  entries_ = 0;
  for (const std::string& directory : directories_) ScanDirectory(directory);
  if (met_before_.size() + met_since_.size() > kMaxRemembered) met_before_.clear();
  met_before_.merge(met_since_);
  met_since_.clear();
}

// kernel: the files of namespaces are on nsfs, which is mounted only inside the kernel. So a file
// on the same device as one's own namespace is a namespace.
void NetnsNames::ScanDirectory(const std::string& path) {
  const auto own = StatusOf(AT_FDCWD, own_namespace_.c_str(), 0);
  const int fd = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return;
  const std::unique_ptr<DIR, CloseDirectory> directory(fdopendir(fd));
  if (!directory) close(fd);
  if (!directory || !own) return;
  std::map<std::uint64_t, std::string> found;  // of several names the first by the alphabet
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody else has this stream
  while (const dirent* entry = readdir(directory.get())) {
    if (++entries_ > kMaxEntries) break;
    const auto status = StatusOf(fd, entry->d_name, AT_SYMLINK_NOFOLLOW);
    if (!status || !IsOnSameFileSystem(*status, *own)) continue;
    const auto [known, is_new] = found.try_emplace(status->stx_ino, entry->d_name);
    if (!is_new && known->second > entry->d_name) known->second = entry->d_name;
  }
  names_.insert(found.begin(), found.end());
}

}  // namespace connwatch
