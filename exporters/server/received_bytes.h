// How many bytes a client has sent on a connection, and how many of them were read. The kernel
// counts them. The HTTP library, which reads them, does not report their number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace connwatch {

/// Returns how many bytes the kernel has received in order since the connection began, whether they
/// were read or not. A FIN counts as one. Returns nullopt if `fd` is no TCP socket, or if the
/// kernel is older than 4.1.
std::optional<std::uint64_t> ReceivedBytesOf(int fd);

/// Returns how many bytes have arrived on the socket and were not read yet, without a FIN. Returns
/// 0 also if that cannot be told.
std::size_t UnreadBytesOf(int fd);

/// Returns how many bytes were read from the socket since the connection began. A FIN that has
/// arrived counts as one. Returns nullopt where ReceivedBytesOf does.
std::optional<std::uint64_t> ReadBytesOf(int fd);

}  // namespace connwatch
