#include "core/ip_address.h"

#include <arpa/inet.h>

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

std::uint64_t IpAddress::SourcePrefix() const {
  const std::size_t prefix_bytes = family_ == AddressFamily::kIpv4 ? 3 : 6;
  std::uint64_t prefix = static_cast<std::uint64_t>(family_);
  for (std::size_t i = 0; i < prefix_bytes; ++i) {
    prefix = prefix << 8U | std::to_integer<std::uint64_t>(bytes_.at(i));
  }
  return prefix;
}

std::uint64_t IpAddress::Hash(std::uint64_t seed) const {
  const auto words = std::bit_cast<std::array<std::uint64_t, 2>>(bytes_);
  return Mix(Mix(seed ^ words[0] ^ static_cast<std::uint64_t>(family_)) ^ words[1]);
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
