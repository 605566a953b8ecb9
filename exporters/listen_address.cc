#include "exporters/listen_address.h"

#include <sys/un.h>

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <utility>

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

Result<ListenAddress> ParseTcp(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return Error{EINVAL, std::string(kExpected)};
  std::string_view host = text.substr(0, colon);
  const std::string_view port_text = text.substr(colon + 1);
  const bool has_brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (has_brackets) host = host.substr(1, host.size() - 2);
  if (host.find_first_of("[]/") != std::string_view::npos ||
      (!has_brackets && host.find(':') != std::string_view::npos)) {
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
