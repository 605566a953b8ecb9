#include "exporters/http/client_address.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>
#include <optional>
#include <span>

#include "core/base/ip_address.h"

namespace connwatch {

namespace {

std::optional<IpAddress> Read(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(address);
    return IpAddress::FromIpv4(std::as_bytes(std::span<const in_addr, 1>(&v4->sin_addr, 1)));
  }
  if (address->sa_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address);
    return IpAddress::FromIpv6(std::as_bytes(std::span<const in6_addr, 1>(&v6->sin6_addr, 1)));
  }
  return std::nullopt;
}

std::string NameWithoutAddress(const sockaddr* address) {
  return std::string(address->sa_family == AF_UNIX ? kUnixClient : "unknown");
}

}  // namespace

std::string ClientAddress(const sockaddr* address) {
  const auto ip = Read(address);
  return ip ? ip->ToString() : NameWithoutAddress(address);
}

bool IsLoopback(std::string_view address) {
  const auto ip = IpAddress::Parse(address);
  return ip && ip->IsLoopback();
}

std::string ClientNetwork(const sockaddr* address) {
  constexpr unsigned kHostPrefix = 64;
  const auto ip = Read(address);
  if (!ip) return NameWithoutAddress(address);
  return ip->family() == AddressFamily::kIpv6 ? ip->FirstBits(kHostPrefix).ToString()
                                              : ip->ToString();
}

}  // namespace connwatch
