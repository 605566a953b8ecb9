#include "exporters/http/host_header.h"

#include <charconv>
#include <cstddef>
#include <system_error>

#include "core/base/ip_address.h"
#include "exporters/http/weighted_list.h"

namespace connwatch {

namespace {

// RFC 3986: unreserved and sub-delims. The percent sign stands for pct-encoded.
bool IsRegisteredName(std::string_view text) {
  constexpr std::string_view kCharacters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=%";
  return !text.empty() && text.find_first_not_of(kCharacters) == std::string_view::npos;
}

// `text` is what follows the host: empty, ":" or ":80".
bool ReadPort(std::string_view text, std::optional<std::uint16_t>& port) {
  if (text.empty() || text == ":") return true;
  if (!text.starts_with(':')) return false;
  text.remove_prefix(1);
  std::uint16_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc{} || end != text.data() + text.size()) return false;
  port = number;
  return true;
}

std::string_view WithoutLastDot(std::string_view name) {
  return name.substr(0, name.size() - (name.ends_with('.') ? 1 : 0));
}

}  // namespace

std::optional<HostAndPort> ParseHost(std::string_view text) {
  const bool is_bracketed = text.starts_with('[');
  const std::size_t end = is_bracketed ? text.find(']') : text.find(':');
  if (is_bracketed && end == std::string_view::npos) return std::nullopt;
  HostAndPort parsed{is_bracketed ? text.substr(1, end - 1) : text.substr(0, end)};
  if (is_bracketed) {
    const bool is_ipv6 = parsed.host.find(':') != std::string_view::npos;
    if (!is_ipv6 || !IpAddress::Parse(parsed.host)) return std::nullopt;
    text.remove_prefix(end + 1);
  } else {
    if (!IsRegisteredName(parsed.host)) return std::nullopt;
    text.remove_prefix(parsed.host.size());
  }
  if (!ReadPort(text, parsed.port)) return std::nullopt;
  return parsed;
}

bool IsSameHost(std::string_view one, std::string_view other) {
  return EqualsIgnoringCase(WithoutLastDot(one), WithoutLastDot(other));
}

bool IsOriginOf(std::string_view origin, std::string_view host) {
  struct Scheme {
    std::string_view prefix;
    std::uint16_t default_port;
  };
  constexpr Scheme kHttp{"http://", 80};
  constexpr Scheme kHttps{"https://", 443};
  const Scheme& scheme = origin.starts_with(kHttps.prefix) ? kHttps : kHttp;
  if (!origin.starts_with(scheme.prefix)) return false;
  const auto from = ParseHost(origin.substr(scheme.prefix.size()));
  const auto to = ParseHost(host);
  return from && to && IsSameHost(from->host, to->host) &&
         from->port.value_or(scheme.default_port) == to->port.value_or(scheme.default_port);
}

}  // namespace connwatch
