// A netlink socket of libmnl's that closes itself.
#pragma once

#include <libmnl/libmnl.h>
#include <sys/socket.h>

#include <memory>

#include "core/base/result.h"

namespace connwatch {

struct CloseNetlinkSocket {
  void operator()(mnl_socket* socket) const { mnl_socket_close(socket); }
};

using NetlinkSocket = std::unique_ptr<mnl_socket, CloseNetlinkSocket>;

/// Bound to a port id of its own, of NETLINK_SOCK_DIAG.
Result<NetlinkSocket> OpenSockDiag();

/// Whether a received message is from the kernel: any process may send to our port id, only the
/// kernel has port id 0. `header.msg_name` is a sockaddr_nl.
bool IsFromKernel(const msghdr& header);

}  // namespace connwatch
