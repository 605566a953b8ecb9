// The value of --web.listen-address.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace connwatch {

struct ListenAddress {
  std::string host;  // empty means every address, IPv6 and IPv4
  std::uint16_t port = 0;
  std::string unix_path;  // absolute; empty means TCP

  std::string ToString() const;
};

/// ":10177", "127.0.0.1:10177", "[::1]:10177", "[fe80::1%eth0]:10177", "localhost:10177" or
/// "unix:/run/x.sock". Port 0 lets the kernel choose one. Everything else is EINVAL, and the error
/// says what would be right. The ToString() of a result can be parsed again and gives the same
/// result.
Result<ListenAddress> ParseListenAddress(std::string_view text);

}  // namespace connwatch
