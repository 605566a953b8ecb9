// IP addresses and endpoints as values. The kernel's v4-mapped form is already turned into IPv4.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace connwatch {

enum class AddressFamily : std::uint8_t { kIpv4, kIpv6 };

inline constexpr std::array kAddressFamilies = {AddressFamily::kIpv4, AddressFamily::kIpv6};
inline constexpr std::size_t kAddressFamilyCount = kAddressFamilies.size();

constexpr std::size_t IndexOf(AddressFamily family) { return static_cast<std::size_t>(family); }

/// The value of the `family` label: "ipv4" or "ipv6".
std::string_view Name(AddressFamily family);

/// The length of an address in bits: 32 or 128.
constexpr unsigned BitsOf(AddressFamily family) {
  return family == AddressFamily::kIpv4 ? 32 : 128;
}

/// One address. A v4-mapped IPv6 address (::ffff:a.b.c.d) becomes the IPv4 address in it.
class IpAddress {
 public:
  /// 0.0.0.0
  constexpr IpAddress() = default;

  /// 0.0.0.0 and ::
  static IpAddress AnyIpv4() { return {}; }
  static IpAddress AnyIpv6();

  static IpAddress FromIpv4(std::span<const std::byte, 4> network_order);
  static IpAddress FromIpv6(std::span<const std::byte, 16> network_order);

  /// "192.0.2.1" or "2001:db8::1", as inet_pton(3) reads it; nullopt for everything else, for
  /// example an address with a zone ("fe80::1%eth0").
  static std::optional<IpAddress> Parse(std::string_view text);

  AddressFamily family() const { return family_; }

  /// "192.0.2.1" or "2001:db8::1", as inet_ntop(3) writes it.
  std::string ToString() const;

  /// The 4 or 16 bytes of the address. Valid as long as the address object lives.
  std::span<const std::byte> NetworkOrder() const {
    constexpr unsigned kBitsPerByte = 8;
    return std::span(bytes_).first(BitsOf(family_) / kBitsPerByte);
  }

  /// Returns the address with all bits after the first `count` cleared. If `count` is at least
  /// BitsOf(family()), that is the address itself.
  IpAddress FirstBits(unsigned count) const;

  /// 127.0.0.0/8 or ::1.
  bool IsLoopback() const;

  /// The /24 (IPv4) or /48 (IPv6) that the address lies in, as a number to count by. Prefixes of
  /// different families have different numbers.
  std::uint64_t SourcePrefix() const;

  /// Returns a hash of the address and `seed`, which may be the hash of something else. Only for
  /// tables in memory: the hash may change between versions, and addresses can be chosen to
  /// collide.
  std::uint64_t Hash(std::uint64_t seed) const;

  /// The first 64 bits as a number; an IPv4 address is in the upper 32 of them.
  std::uint64_t UpperHalf() const;

  auto operator<=>(const IpAddress&) const = default;

 private:
  AddressFamily family_ = AddressFamily::kIpv4;
  // Network order; an IPv4 address uses the first four.
  std::array<std::byte, 16> bytes_{};
};

/// A number from IpAddress::SourcePrefix() as text: "198.51.100.0/24" or "2001:db8:1::/48".
std::string FormatSourcePrefix(std::uint64_t prefix);

/// An IP address, and a port in host byte order.
struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;

  /// "192.0.2.1:443" or "[2001:db8::1]:443": the value of the `listener` label.
  std::string ToString() const;

  auto operator<=>(const Endpoint&) const = default;
};

}  // namespace connwatch
