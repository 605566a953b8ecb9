// Notices that files were replaced or written to, by checking them again and again.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>
#include <vector>

namespace connwatch {

/// inotify(7) was rejected: certificates often come through symlinks that are renamed, and four
/// calls of stat(2) a second cost nothing.
class FileWatch {
 public:
  void Watch(std::vector<std::string> paths);
  /// Returns true iff one of the files has been replaced since the last call, has other times or
  /// another size, or has appeared or vanished. Returns true at the first call after Watch, because
  /// what was read before may be out of date.
  bool HasChanged();

 private:
  struct Signature {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    timespec modified{};
    timespec changed{};

    bool operator==(const Signature& other) const;
  };
  static std::optional<Signature> Look(const std::string& path);
  std::vector<std::optional<Signature>> LookAtAll() const;

  std::vector<std::string> paths_;
  std::vector<std::optional<Signature>> seen_;
};

}  // namespace connwatch
