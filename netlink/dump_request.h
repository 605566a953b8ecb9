// The bytes that ask the kernel for a socket dump.
// kernel: include/uapi/linux/inet_diag.h, struct inet_diag_req (legacy) and inet_diag_req_v2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/ip_address.h"
#include "core/sockets/socket_source.h"

namespace connwatch {

/// One walk: what to ask for, and for which family.
struct DumpRequest {
  DumpQuery query;
  /// If absent, asks for IPv4 and IPv6 in one walk, by the legacy request TCPDIAG_GETSOCK, which
  /// the kernel reads as AF_UNSPEC. If present, asks for that family by SOCK_DIAG_BY_FAMILY. An
  /// IPv6 socket with v4-mapped addresses belongs to the IPv6 walk.
  std::optional<AddressFamily> family;
};

/// Returns a whole netlink message. Every reply carries the same `sequence`.
std::vector<std::byte> BuildDumpRequest(const DumpRequest& request, std::uint32_t sequence);

}  // namespace connwatch
