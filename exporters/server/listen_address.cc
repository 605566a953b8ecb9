#include "exporters/server/listen_address.h"

#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <utility>

#include "core/base/ip_address.h"

namespace connwatch {

namespace {

constexpr std::string_view kUnixPrefix = "unix:";
constexpr std::string_view kExpected = "expected host:port, [ipv6]:port, :port or unix:/path";

Result<ListenAddress> ParseUnix(std::string_view path) {
  constexpr std::size_t kMaxPathBytes = sizeof(sockaddr_un::sun_path) - 1;
  if (!path.starts_with('/')) return Error{EINVAL, "the path of a unix socket must begin with /"};
  if (path.size() > kMaxPathBytes || path.find('\0') != std::string_view::npos) {
    return Error{EINVAL, "the path of a unix socket must be at most " +
                             std::to_string(kMaxPathBytes) + " bytes"};
  }
  return ListenAddress{{}, 0, std::string(path)};
}

// Returns true for a name, for an IPv4 address, which has the same characters, and for an empty
// text, which means every address.
bool IsName(std::string_view text) {
  constexpr std::string_view kCharacters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._";
  return text.find_first_not_of(kCharacters) == std::string_view::npos;
}

// The address may have a zone, which is the name of a network interface: "fe80::1%eth0".
bool IsIpv6(std::string_view text) {
  const std::size_t address_bytes = std::min(text.find('%'), text.size());
  const std::string_view address = text.substr(0, address_bytes);
  const std::string_view zone = text.substr(std::min(address_bytes + 1, text.size()));
  return address.find(':') != std::string_view::npos && IpAddress::Parse(address).has_value() &&
         IsName(zone);
}

Result<ListenAddress> ParseTcp(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return Error{EINVAL, std::string(kExpected)};
  std::string_view host = text.substr(0, colon);
  const std::string_view port_text = text.substr(colon + 1);
  const bool has_brackets = host.starts_with('[') && host.ends_with(']');
  if (has_brackets) host = host.substr(1, host.size() - 2);
  if (has_brackets ? !IsIpv6(host) : !IsName(host)) {
    return Error{EINVAL, std::string(kExpected)};
  }
  ListenAddress address{std::string(host), 0, {}};
  const auto [end, failure] =
      std::from_chars(port_text.data(), port_text.data() + port_text.size(), address.port);
  if (failure != std::errc{} || end != port_text.data() + port_text.size()) {
    return Error{EINVAL, "the port must be a number from 0 to 65535"};
  }
  return address;
}

}  // namespace

std::string ListenAddress::ToString() const {
  if (!unix_path.empty()) return std::string(kUnixPrefix) + unix_path;
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<ListenAddress> ParseListenAddress(std::string_view text) {
  auto address =
      text.starts_with(kUnixPrefix) ? ParseUnix(text.substr(kUnixPrefix.size())) : ParseTcp(text);
  if (address) return address;
  return std::move(address).error().Within("listen address \"" + std::string(text) + "\"");
}

}  // namespace connwatch
