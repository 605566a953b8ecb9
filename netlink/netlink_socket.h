// A netlink socket of libmnl that closes itself.
#pragma once

#include <libmnl/libmnl.h>
#include <sys/socket.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>

#include "core/base/result.h"

namespace connwatch {

struct CloseNetlinkSocket {
  void operator()(mnl_socket* socket) const { mnl_socket_close(socket); }
};

using NetlinkSocket = std::unique_ptr<mnl_socket, CloseNetlinkSocket>;

/// Opens a socket of NETLINK_SOCK_DIAG and binds it to a port id of its own.
Result<NetlinkSocket> OpenSockDiag();

/// Returns true iff a received message is from the kernel. Any process may send to our port id, but
/// only the kernel has port id 0. `header.msg_name` must be a sockaddr_nl.
bool IsFromKernel(const msghdr& header);

/// Receives the next datagram from the kernel into `buffer`, without waiting. nullopt: there is
/// none. An empty span: it was from somebody else. One that does not fit is an error.
Result<std::optional<std::span<const std::byte>>> ReceiveFromKernel(int fd,
                                                                    std::span<std::byte> buffer);

}  // namespace connwatch
