// Parses one inet_diag message into SocketDetails. Pure; the bytes are not trusted.
// kernel: include/uapi/linux/inet_diag.h and include/uapi/linux/tcp.h.
#pragma once

#include <cstddef>
#include <span>

#include "core/base/result.h"
#include "core/sockets/socket_details.h"

namespace connwatch {

/// Reads the payload of a netlink message, the same bytes that ParseSocketMessage
/// (socket_message.h) reads the record from. EBADMSG if the bytes contradict their own lengths.
Result<SocketDetails> ParseSocketDetails(std::span<const std::byte> payload);

}  // namespace connwatch
