#include "exporters/server/received_bytes.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstddef>

namespace connwatch {

// kernel: tcp_rcv_nxt_update() counts the bytes in tcpi_bytes_received, and the FIN as well.
std::optional<std::uint64_t> ReceivedBytesOf(int fd) {
  tcp_info info{};
  socklen_t size = sizeof(info);
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return std::nullopt;
  // kernel: tcp_info grows with the kernel; an old one fills less of it.
  constexpr std::size_t kEnd =
      offsetof(tcp_info, tcpi_bytes_received) + sizeof(info.tcpi_bytes_received);
  if (size < kEnd) return std::nullopt;
  return info.tcpi_bytes_received;
}

// kernel: tcp_ioctl() and unix_ioctl(); SIOCINQ is FIONREAD.
std::size_t UnreadBytesOf(int fd) {
  int unread = 0;
  if (ioctl(fd, FIONREAD, &unread) != 0) return 0;
  return static_cast<std::size_t>(std::max(unread, 0));
}

std::optional<std::uint64_t> ReadBytesOf(int fd) {
  // In this order, so that bytes that come in between do not count as read.
  const std::optional<std::uint64_t> received = ReceivedBytesOf(fd);
  if (!received) return std::nullopt;
  return *received - std::min<std::uint64_t>(*received, UnreadBytesOf(fd));
}

}  // namespace connwatch
