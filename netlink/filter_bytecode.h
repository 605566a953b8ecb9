// Compiles an EndpointFilter into the program that the kernel runs for each socket of a dump. So
// the kernel does not send sockets that are not asked for. kernel: include/uapi/linux/inet_diag.h,
// struct inet_diag_bc_op; run by inet_diag_bc_run() in net/ipv4/inet_diag.c.
#pragma once

#include <cstddef>
#include <vector>

#include "core/sockets/endpoint_filter.h"

namespace connwatch {

/// The value of the attribute INET_DIAG_REQ_BYTECODE; empty if the filter takes all sockets.
std::vector<std::byte> BuildFilterBytecode(const EndpointFilter& filter);

}  // namespace connwatch
