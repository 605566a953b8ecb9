#include "core/base/ip_address.h"

#include <arpa/inet.h>
#include <endian.h>

#include <algorithm>
#include <bit>

namespace connwatch {

namespace {

// RFC 4291 section 2.5.5.2: ::ffff:0:0/96.
constexpr std::array<std::byte, 12> kV4MappedPrefix = {
    std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0},    std::byte{0},
    std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0xff}, std::byte{0xff}};

// Every bit of the result depends on every bit of the word: the finalizer of MurmurHash3.
constexpr std::uint64_t Mix(std::uint64_t word) {
  word = (word ^ word >> 33U) * 0xff51afd7ed558ccdU;
  word = (word ^ word >> 33U) * 0xc4ceb9fe1a85ec53U;
  return word ^ word >> 33U;
}

// The first `count` bits of eight bytes in network order.
std::uint64_t NetworkMask(unsigned count) {
  if (count == 0) return 0;
  return htobe64(~std::uint64_t{0} << (64U - std::min(count, 64U)));
}

}  // namespace

std::string_view Name(AddressFamily family) {
  switch (family) {
    case AddressFamily::kIpv4:
      return "ipv4";
    case AddressFamily::kIpv6:
      return "ipv6";
  }
  return "unknown";
}

IpAddress IpAddress::FromIpv4(std::span<const std::byte, 4> network_order) {
  IpAddress address;
  std::copy(network_order.begin(), network_order.end(), address.bytes_.begin());
  return address;
}

IpAddress IpAddress::FromIpv6(std::span<const std::byte, 16> network_order) {
  if (std::equal(kV4MappedPrefix.begin(), kV4MappedPrefix.end(), network_order.begin())) {
    return FromIpv4(network_order.last<4>());
  }
  IpAddress address;
  address.family_ = AddressFamily::kIpv6;
  std::copy(network_order.begin(), network_order.end(), address.bytes_.begin());
  return address;
}

IpAddress IpAddress::AnyIpv6() {
  IpAddress address;
  address.family_ = AddressFamily::kIpv6;
  return address;
}

std::optional<IpAddress> IpAddress::Parse(std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN> copy{};
  if (text.size() >= copy.size() || text.find('\0') != std::string_view::npos) return std::nullopt;
  std::copy(text.begin(), text.end(), copy.begin());
  std::array<std::byte, 4> ipv4{};
  if (inet_pton(AF_INET, copy.data(), ipv4.data()) == 1) return FromIpv4(ipv4);
  std::array<std::byte, 16> ipv6{};
  if (inet_pton(AF_INET6, copy.data(), ipv6.data()) == 1) return FromIpv6(ipv6);
  return std::nullopt;
}

IpAddress IpAddress::FirstBits(unsigned count) const {
  auto words = std::bit_cast<std::array<std::uint64_t, 2>>(bytes_);
  words[0] &= NetworkMask(count);
  words[1] &= NetworkMask(count > 64 ? count - 64 : 0);
  IpAddress address = *this;
  address.bytes_ = std::bit_cast<std::array<std::byte, 16>>(words);
  return address;
}

bool IpAddress::IsLoopback() const {
  constexpr std::byte kLoopbackNetwork{127};
  if (family_ == AddressFamily::kIpv4) return bytes_.front() == kLoopbackNetwork;
  const auto is_zero = [](std::byte byte) { return byte == std::byte{0}; };
  return std::all_of(bytes_.begin(), bytes_.end() - 1, is_zero) && bytes_.back() == std::byte{1};
}

std::uint64_t IpAddress::SourcePrefix() const {
  const std::size_t prefix_bytes = family_ == AddressFamily::kIpv4 ? 3 : 6;
  std::uint64_t prefix = static_cast<std::uint64_t>(family_);
  for (std::size_t i = 0; i < prefix_bytes; ++i) {
    prefix = prefix << 8U | std::to_integer<std::uint64_t>(bytes_.at(i));
  }
  return prefix;
}

std::string FormatSourcePrefix(std::uint64_t prefix) {
  // The number of the family is above the 48 bits of an IPv6 prefix. For IPv4 it is 0.
  constexpr unsigned kIpv4Bits = 24;
  constexpr unsigned kIpv6Bits = 48;
  const bool is_ipv6 = prefix >> kIpv6Bits != 0;
  const unsigned bits = is_ipv6 ? kIpv6Bits : kIpv4Bits;
  std::array<std::byte, 16> bytes{};
  for (unsigned i = 0; i < bits / 8; ++i) {
    bytes.at(i) = static_cast<std::byte>(prefix >> (bits - 8 * (i + 1)) & 0xffU);
  }
  const IpAddress address =
      is_ipv6 ? IpAddress::FromIpv6(bytes) : IpAddress::FromIpv4(std::span(bytes).first<4>());
  return address.ToString() + "/" + std::to_string(bits);
}

std::uint64_t IpAddress::Hash(std::uint64_t seed) const {
  const auto words = std::bit_cast<std::array<std::uint64_t, 2>>(bytes_);
  return Mix(Mix(seed ^ words[0] ^ static_cast<std::uint64_t>(family_)) ^ words[1]);
}

std::uint64_t IpAddress::UpperHalf() const {
  const auto halves = std::bit_cast<std::array<std::uint64_t, 2>>(bytes_);
  return be64toh(halves[0]);
}

std::string IpAddress::ToString() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(family_ == AddressFamily::kIpv4 ? AF_INET : AF_INET6, bytes_.data(), text.data(),
            static_cast<socklen_t>(text.size()));
  return text.data();
}

std::string Endpoint::ToString() const {
  const std::string port_text = ":" + std::to_string(port);
  if (address.family() == AddressFamily::kIpv4) return address.ToString() + port_text;
  return "[" + address.ToString() + "]" + port_text;
}

}  // namespace connwatch
