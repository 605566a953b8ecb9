#include "daemon/loop/file_watch.h"

#include <utility>

namespace connwatch {

namespace {

bool IsSame(const timespec& one, const timespec& other) {
  return one.tv_sec == other.tv_sec && one.tv_nsec == other.tv_nsec;
}

}  // namespace

bool FileWatch::Signature::operator==(const Signature& other) const {
  return device == other.device && inode == other.inode && size == other.size &&
         IsSame(modified, other.modified) && IsSame(changed, other.changed);
}

void FileWatch::Watch(std::vector<std::string> paths) {
  paths_ = std::move(paths);
  seen_.clear();
}

bool FileWatch::HasChanged() {
  auto before = std::exchange(seen_, LookAtAll());
  return before != seen_;
}

std::optional<FileWatch::Signature> FileWatch::Look(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return std::nullopt;
  return Signature{status.st_dev, status.st_ino, status.st_size, status.st_mtim, status.st_ctim};
}

std::vector<std::optional<FileWatch::Signature>> FileWatch::LookAtAll() const {
  std::vector<std::optional<Signature>> signatures;
  signatures.reserve(paths_.size());
  for (const std::string& path : paths_) signatures.push_back(Look(path));
  return signatures;
}

}  // namespace connwatch
