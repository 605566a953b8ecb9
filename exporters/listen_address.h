// "host:port" as given to --web.listen-address, and the listening socket it stands for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.h"

namespace connwatch {

struct ListenAddress {
  std::string host;  // empty: every address, IPv6 and IPv4
  std::uint16_t port = 0;

  std::string ToString() const;
};

/// ":10177", "127.0.0.1:10177", "[::1]:10177", "localhost:10177". Port 0 lets the kernel choose.
/// EINVAL otherwise, with what would be right.
Result<ListenAddress> ParseListenAddress(std::string_view text);

/// A listening, close-on-exec TCP socket. The error names the address and the reason (port in use,
/// no permission, no such address). The caller owns the descriptor.
Result<int> OpenListeningSocket(const ListenAddress& address);

}  // namespace connwatch
