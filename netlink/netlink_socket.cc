#include "netlink/netlink_socket.h"

#include <linux/netlink.h>

#include <cerrno>

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

}  // namespace connwatch
