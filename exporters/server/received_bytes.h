// How many bytes a client has sent on a TCP connection. The kernel counts them. The HTTP library,
// which reads them, does not report their number.
#pragma once

#include <cstdint>
#include <optional>

namespace connwatch {

/// Returns how many bytes the kernel has received in order since the connection began, whether they
/// were read or not. A FIN counts as one. Returns nullopt if `fd` is no TCP socket, or if the
/// kernel is older than 4.1.
std::optional<std::uint64_t> ReceivedBytesOf(int fd);

}  // namespace connwatch
