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

bool IsHostName(std::string_view host) {
  constexpr std::size_t kMaxHostBytes = 253;  // RFC 1035
  return !host.empty() && host.size() <= kMaxHostBytes &&
         host.find_first_not_of(kHostCharacters) == std::string_view::npos;
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
