#include "exporters/server/received_bytes.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

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

}  // namespace connwatch
