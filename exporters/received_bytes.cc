#include "exporters/received_bytes.h"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstddef>

namespace connwatch {

std::optional<ReceivedBytes> ReceivedBytesOf(int fd) {
  tcp_info info{};
  socklen_t size = sizeof(info);
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return std::nullopt;
  // kernel: tcp_info grows with the kernel; an old one fills less of it.
  constexpr std::size_t kEnd =
      offsetof(tcp_info, tcpi_bytes_received) + sizeof(info.tcpi_bytes_received);
  if (size < kEnd) return std::nullopt;
  int unread = 0;
  if (ioctl(fd, SIOCINQ, &unread) != 0) return std::nullopt;
  const std::uint64_t total = info.tcpi_bytes_received;
  // More may have come between the two calls.
  return ReceivedBytes{total, std::min(total, static_cast<std::uint64_t>(unread))};
}

}  // namespace connwatch
