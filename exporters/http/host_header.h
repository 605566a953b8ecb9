// The headers Host and Origin, which say under which name a client asks, and which web page made it
// ask.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace connwatch {

/// A host and a port, as a client writes them.
struct HostAndPort {
  std::string_view host;  // without the brackets of an IPv6 address
  std::optional<std::uint16_t> port = std::nullopt;
};

/// Reads "192.0.2.1:10177", "[::1]" or "db1.example:80" (RFC 9110 section 7.2, RFC 3986 section
/// 3.2.2). Strict: nullopt if anything else is in it, for example after the bracket, or if there is
/// no host.
std::optional<HostAndPort> ParseHost(std::string_view text);

/// Returns true iff a page of `origin`, such as "https://db1.example:8443" (RFC 6454 section 7),
/// comes from where `host`, a Host header, points to. False if one of them cannot be read, for
/// example for the origin "null", which a browser sends for a page that has no origin of its own.
bool IsOriginOf(std::string_view origin, std::string_view host);

/// Compares names of hosts as DNS does: "LOCALHOST." is "localhost".
bool IsSameHost(std::string_view one, std::string_view other);

}  // namespace connwatch
