// How many bytes a client has sent on a connection: the kernel counts them, and the HTTP library,
// which reads them, does not tell.
#pragma once

#include <cstdint>
#include <optional>

namespace connwatch {

struct ReceivedBytes {
  std::uint64_t total = 0;   // in order, since the connection began; a FIN counts as one
  std::uint64_t unread = 0;  // of them, those that nobody has read from the socket yet

  std::uint64_t read() const { return total - unread; }
  bool operator==(const ReceivedBytes&) const = default;
};

/// nullopt where the kernel does not tell: `fd` is no TCP socket, or the kernel is before 4.1.
std::optional<ReceivedBytes> ReceivedBytesOf(int fd);

}  // namespace connwatch
