#include "core/base/ip_prefix.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>
#include <system_error>
#include <utility>

namespace connwatch {

namespace {

constexpr unsigned kV4MappedBits = 96;  // RFC 4291 section 2.5.5.2: ::ffff:0:0/96

// Decimal digits without a leading zero, at most `max`.
std::optional<unsigned> ParseLength(std::string_view text, unsigned max) {
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos ||
      (text.size() > 1 && text[0] == '0')) {
    return std::nullopt;
  }
  unsigned length = 0;
  const std::errc error = std::from_chars(text.data(), text.data() + text.size(), length).ec;
  if (error != std::errc{} || length > max) return std::nullopt;
  return length;
}

Error V4Mapped(const IpAddress& ipv4, unsigned length) {
  const bool is_all_mapped = length >= kV4MappedBits;
  return Mistake("is in v4-mapped form, must be in IPv4 form" +
                 (is_all_mapped ? ", " + IpPrefix(ipv4, length - kV4MappedBits).ToString() : ""));
}

}  // namespace

Result<IpPrefix> IpPrefix::Parse(std::string_view text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  const std::optional<IpAddress> address = IpAddress::Parse(text.substr(0, slash));
  if (!address) {
    return Mistake(
        "is not an IP address or prefix, must be such as 192.0.2.1, 10.0.0.0/8 or fd00::/8");
  }
  const bool is_ipv6_text = text.substr(0, slash).find(':') != std::string_view::npos;
  const unsigned bits = BitsOf(is_ipv6_text ? AddressFamily::kIpv6 : AddressFamily::kIpv4);
  const std::optional<unsigned> length =
      slash == text.size() ? bits : ParseLength(text.substr(slash + 1), bits);
  if (!length) {
    return Mistake("has no valid prefix length, must be from 0 to " + std::to_string(bits));
  }
  if (is_ipv6_text && address->family() == AddressFamily::kIpv4) return V4Mapped(*address, *length);
  const IpPrefix prefix(*address, *length);
  if (prefix.address() != *address) {
    return Mistake("has bits set beyond its length, must be " + prefix.ToString());
  }
  return prefix;
}

std::string IpPrefix::ToString() const {
  return address_.ToString() + "/" + std::to_string(length_);
}

}  // namespace connwatch
