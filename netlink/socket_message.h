// Parses one inet_diag message into a SocketRecord. Pure; the bytes are not trusted.
// kernel: include/uapi/linux/inet_diag.h; written by inet_sk_diag_fill() in net/ipv4/inet_diag.c.
#pragma once

#include <cstddef>
#include <span>

#include "core/base/result.h"
#include "core/sockets/socket_record.h"

namespace connwatch {

/// Reads the payload of a netlink message (after its nlmsghdr): struct inet_diag_msg, then
/// attributes. Unknown attributes are skipped. A tcp_info of any length is read as far as it goes.
/// EBADMSG if the bytes contradict their own lengths or name an unknown state or family.
Result<SocketRecord> ParseSocketMessage(std::span<const std::byte> payload);

}  // namespace connwatch
