#include "procfs/text_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <memory>

namespace connwatch {

namespace {

constexpr std::size_t kMaxFileBytes = std::size_t{16} << 20;

// kernel: proc_do_large_bitmap() answers only the first read() and cuts what does not fit.
// ip_local_reserved_ports is at most 32,768 ports of up to 5 digits and a comma.
constexpr std::size_t kReadBytes = std::size_t{256} << 10;

// O_NONBLOCK: a FIFO where a file should be is an error, and nobody waits for its writer.
constexpr int kFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;

class OpenFile {
 public:
  explicit OpenFile(const std::string& path) : fd_(open(path.c_str(), kFlags)) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() {
    if (fd_ >= 0) close(fd_);
  }

  int fd() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

Result<std::string> ReadTextFile(const std::string& path) {
  const OpenFile file(path);
  if (file.fd() < 0) return Error::FromErrno(errno, "open " + path);
  std::string text;
  // Not cleared: most files fill a fraction of it.
  const auto chunk = std::make_unique_for_overwrite<char[]>(kReadBytes);
  while (true) {
    const ssize_t count = read(file.fd(), chunk.get(), kReadBytes);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Error::FromErrno(errno, "read " + path);
    if (count == 0) return text;
    text.append(chunk.get(), static_cast<std::size_t>(count));
    if (text.size() > kMaxFileBytes) return Error::FromErrno(EFBIG, "read " + path);
  }
}

Result<std::vector<std::string_view>> SplitLines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return Error{EBADMSG, "the last line is cut"};
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return lines;
}

std::vector<std::string_view> SplitFields(std::string_view line) {
  constexpr std::string_view kBlanks = " \t";
  std::vector<std::string_view> fields;
  std::size_t begin = line.find_first_not_of(kBlanks);
  while (begin != std::string_view::npos) {
    const std::size_t end = std::min(line.find_first_of(kBlanks, begin), line.size());
    fields.push_back(line.substr(begin, end - begin));
    begin = line.find_first_not_of(kBlanks, end);
  }
  return fields;
}

std::optional<std::uint64_t> ParseUnsigned(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Result<std::optional<std::uint64_t>> ParseCount(std::string_view text) {
  const bool negative = text.starts_with('-');
  const auto value = ParseUnsigned(negative ? text.substr(1) : text);
  if (!value) return Error{EBADMSG, "'" + std::string(text) + "' is not a number"};
  return negative ? std::nullopt : value;
}

}  // namespace connwatch
