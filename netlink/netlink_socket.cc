#include "netlink/netlink_socket.h"

#include <linux/netlink.h>

#include <cerrno>
#include <string>

namespace connwatch {

Result<NetlinkSocket> OpenSockDiag() {
  NetlinkSocket socket(mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC));
  if (!socket) return Error::FromErrno(errno, "open netlink socket");
  if (mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) < 0) {
    return Error::FromErrno(errno, "bind netlink socket");
  }
  return socket;
}

bool IsFromKernel(const msghdr& header) {
  const auto* const sender = static_cast<const sockaddr_nl*>(header.msg_name);
  return header.msg_namelen == sizeof(sockaddr_nl) && sender->nl_pid == 0;
}

Result<std::optional<std::span<const std::byte>>> ReceiveFromKernel(int fd,
                                                                    std::span<std::byte> buffer) {
  while (true) {
    sockaddr_nl sender{};
    iovec part{buffer.data(), buffer.size()};
    msghdr header{};
    header.msg_name = &sender;
    header.msg_namelen = sizeof(sender);
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    const ssize_t received = recvmsg(fd, &header, MSG_DONTWAIT);
    if (received < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN) return std::nullopt;
      return Error::FromErrno(errno, "receive");
    }
    if (!IsFromKernel(header)) return std::span<const std::byte>{};
    if ((header.msg_flags & MSG_TRUNC) != 0) {
      return Error::FromErrno(
          EMSGSIZE, "a datagram of more than " + std::to_string(buffer.size()) + " bytes");
    }
    return std::span<const std::byte>(buffer).first(static_cast<std::size_t>(received));
  }
}

}  // namespace connwatch
