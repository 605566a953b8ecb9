#include "config/regular_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace connwatch {

namespace {

// An open file descriptor, closed with its scope.
class OpenFile {
 public:
  explicit OpenFile(const std::string& path)
      : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) {}
  ~OpenFile() {
    if (fd_ >= 0) close(fd_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  OpenFile(OpenFile&&) = delete;
  OpenFile& operator=(OpenFile&&) = delete;

  int fd() const { return fd_; }

 private:
  int fd_;
};

Result<void> CheckIsRegular(int fd) {
  struct stat status {};
  if (fstat(fd, &status) != 0) return Error::FromErrno(errno, "cannot be examined");
  if (S_ISDIR(status.st_mode)) return Error{0, "is a directory, must be a regular file"};
  if (!S_ISREG(status.st_mode)) return Error{0, "is not a regular file, must be one"};
  return {};
}

}  // namespace

Result<std::string> ReadRegularFile(const std::string& path, std::size_t max_bytes) {
  // open(2) would see only what is before the NUL.
  if (path.find('\0') != std::string::npos)
    return Error{0, "has a NUL in its path, must have none"};
  const OpenFile file(path);
  if (file.fd() < 0) return Error::FromErrno(errno, "cannot be opened");
  if (Result<void> regular = CheckIsRegular(file.fd()); !regular) return regular.error();

  // Reads until the end of the file. st_size is not used: it is 0 for files in /proc, and it may
  // change meanwhile.
  constexpr std::size_t kChunkBytes = 16'384;
  std::string content;
  while (content.size() <= max_bytes) {
    const std::size_t used = content.size();
    content.resize(used + kChunkBytes);
    const ssize_t count = read(file.fd(), content.data() + used, kChunkBytes);
    const int code = errno;
    content.resize(used + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    if (count == 0) return content;
    if (count < 0 && code != EINTR) return Error::FromErrno(code, "cannot be read");
  }
  return Error{0, "is too large, must be at most " + std::to_string(max_bytes) + " bytes"};
}

}  // namespace connwatch
