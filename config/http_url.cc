#include "config/http_url.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "config/value_parser.h"
#include "core/base/ip_address.h"

namespace connwatch {

namespace {

constexpr std::string_view kHttp = "http://";
constexpr std::string_view kHttps = "https://";
constexpr std::string_view kHostCharacters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._";
constexpr std::size_t kMaxUrlBytes = 2'000;

bool IsPrintableAscii(std::string_view text) {
  return std::ranges::all_of(text,
                             [](char character) { return character > ' ' && character < 127; });
}

// Returns true iff each part between the points has 1 to 63 characters (RFC 1035).
bool HasGoodParts(std::string_view name) {
  constexpr std::size_t kMaxPartBytes = 63;
  while (true) {
    const std::size_t size = std::min(name.find('.'), name.size());
    if (size == 0 || size > kMaxPartBytes) return false;
    if (size == name.size()) return true;
    name.remove_prefix(size + 1);
  }
}

// A name whose last part is a number is an IPv4 address or nothing: no domain ends so.
bool IsHostName(std::string_view host) {
  constexpr std::size_t kMaxHostBytes = 253;  // RFC 1035
  if (host.size() > kMaxHostBytes ||
      host.find_first_not_of(kHostCharacters) != std::string_view::npos) {
    return false;
  }
  const std::string_view name = host.substr(0, host.size() - (host.ends_with('.') ? 1 : 0));
  const std::string_view last = name.substr(name.rfind('.') + 1);
  if (last.find_first_not_of(kDigits) == std::string_view::npos) {
    return IpAddress::Parse(host).has_value();
  }
  return HasGoodParts(name);
}

bool IsHost(std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']')) {
    const std::string_view inside = host.substr(1, host.size() - 2);
    return inside.find(':') != std::string_view::npos && IpAddress::Parse(inside).has_value();
  }
  return IsHostName(host);
}

}  // namespace

std::string HttpUrl::ToString() const {
  return std::string(is_https ? kHttps : kHttp) + authority + path;
}

Result<HttpUrl> ParseHttpUrl(std::string_view text) {
  HttpUrl url{.is_https = text.starts_with(kHttps), .authority = {}, .path = {}};
  if (!url.is_https && !text.starts_with(kHttp)) {
    return Mistake("is not a URL, must begin with http:// or https://");
  }
  if (text.size() > kMaxUrlBytes || !IsPrintableAscii(text)) {
    return Mistake("is not a URL, must be at most 2000 printable ASCII characters without spaces");
  }
  text.remove_prefix(url.is_https ? kHttps.size() : kHttp.size());
  if (text.find('#') != std::string_view::npos) {
    return Mistake("has a fragment (#), must have none");
  }
  const std::size_t path = std::min(text.find_first_of("/?"), text.size());
  std::string_view authority = text.substr(0, path);
  url.path = text.substr(path);
  if (url.path.starts_with('?')) url.path.insert(0, "/");
  if (authority.find('@') != std::string_view::npos) {
    return Mistake("has a user name, which must be below basic_auth");
  }
  std::string port = url.is_https ? "443" : "80";
  const std::size_t colon = authority.rfind(':');
  if (colon != std::string_view::npos && !authority.ends_with(']')) {
    port = authority.substr(colon + 1);
    if (!ParseNumber(port, {.min = 1, .max = 65'535})) {
      return Mistake("has no valid port, must be from 1 to 65535");
    }
    authority = authority.substr(0, colon);
  }
  if (!IsHost(authority)) {
    return Mistake("has no valid host, must be a name, an IPv4 address or [an IPv6 address]");
  }
  url.authority = std::string(authority) + ":" + port;
  return url;
}

Result<std::string> ParseHostName(std::string_view text) {
  if (IsHostName(text)) return std::string(text);
  return Mistake("is no name of a host, must be such as alerts.example.org");
}

}  // namespace connwatch
