#include "core/groups/rule_key.h"

#include <functional>
#include <string_view>

namespace connwatch {

namespace {

using Part = KeyShape::Part;

constexpr unsigned kPortBits = 16;

// Makes equal values of different shapes have different hashes.
std::uint64_t SeedOf(KeyShape shape) {
  constexpr std::uint64_t kGoldenRatio = 0x9E3779B97F4A7C15U;
  return (static_cast<std::uint64_t>(shape.part) << 16U | shape.length) * kGoldenRatio;
}

KeyHash HashOf(KeyShape shape, std::uint64_t value) {
  constexpr std::uint64_t kMultiplier = 0xff51afd7ed558ccdU;  // as in MurmurHash3's finalizer
  std::uint64_t hash = SeedOf(shape) ^ value;
  hash = (hash ^ hash >> 33U) * kMultiplier;
  return hash ^ hash >> 33U;
}

KeyHash HashOfAddress(KeyShape shape, const IpAddress& address) {
  constexpr unsigned kHalfBits = 64;
  if (shape.length > kHalfBits) return address.FirstBits(shape.length).Hash(SeedOf(shape));
  if (shape.length == 0) return HashOf(shape, 0);
  return HashOf(shape, address.UpperHalf() >> (kHalfBits - shape.length));
}

KeyHash HashOfText(KeyShape shape, std::string_view text) {
  return HashOf(shape, std::hash<std::string_view>{}(text));
}

Part AddressPart(AddressFamily family, Part ipv4, Part ipv6) {
  return family == AddressFamily::kIpv4 ? ipv4 : ipv6;
}

// Returns the largest n such that `first` is a multiple of 2^n and the 2^n ports from `first` on
// are before `end`.
unsigned BlockBits(unsigned first, unsigned end) {
  unsigned bits = 0;
  for (unsigned size = 2; first % size == 0 && first + size <= end; size *= 2) ++bits;
  return bits;
}

// Splits the range into as few blocks as possible, at most 30. Each has 2^n ports and begins at a
// multiple of 2^n.
void AppendKeys(PortRange range, Part part, std::vector<RuleKey>& keys) {
  unsigned first = range.first;
  const unsigned end = range.last + 1U;
  while (first < end) {
    const unsigned bits = BlockBits(first, end);
    const KeyShape shape{part, static_cast<std::uint16_t>(kPortBits - bits)};
    keys.push_back({shape, HashOf(shape, first >> bits)});
    first += 1U << bits;
  }
}

std::vector<RuleKey> KeysOfPorts(const std::vector<PortRange>& ranges, Part part) {
  std::vector<RuleKey> keys;
  for (const PortRange range : ranges) AppendKeys(range, part, keys);
  return keys;
}

std::vector<RuleKey> KeysOfAddresses(const std::vector<IpPrefix>& prefixes, Part ipv4, Part ipv6) {
  std::vector<RuleKey> keys;
  keys.reserve(prefixes.size());
  for (const IpPrefix& prefix : prefixes) {
    const KeyShape shape{AddressPart(prefix.address().family(), ipv4, ipv6),
                         static_cast<std::uint16_t>(prefix.length())};
    keys.push_back({shape, HashOfAddress(shape, prefix.address())});
  }
  return keys;
}

std::vector<RuleKey> KeysOfUnits(const std::vector<UnitPattern>& units) {
  std::vector<RuleKey> keys;
  keys.reserve(units.size());
  for (const UnitPattern& unit : units) {
    const KeyShape shape = unit.is_prefix ? KeyShape{Part::kUnitBeginning,
                                                     static_cast<std::uint16_t>(unit.text.size())}
                                          : KeyShape{Part::kUnit, 0};
    keys.push_back({shape, HashOfText(shape, unit.text)});
  }
  return keys;
}

std::optional<KeyHash> KeyOfAddress(const IpAddress& address, AddressFamily family,
                                    KeyShape shape) {
  if (address.family() != family) return std::nullopt;
  return HashOfAddress(shape, address);
}

std::optional<KeyHash> KeyOfUnit(std::string_view unit, KeyShape shape) {
  if (unit.empty() || unit.size() < shape.length) return std::nullopt;
  return HashOfText(shape, shape.part == Part::kUnit ? unit : unit.substr(0, shape.length));
}

}  // namespace

std::vector<std::vector<RuleKey>> KeysOf(const GroupMatch& match) {
  std::vector<std::vector<RuleKey>> lists = {
      KeysOfPorts(match.local_ports, Part::kLocalPort),
      KeysOfPorts(match.remote_ports, Part::kRemotePort),
      KeysOfAddresses(match.local_addresses, Part::kLocalIpv4, Part::kLocalIpv6),
      KeysOfAddresses(match.remote_addresses, Part::kRemoteIpv4, Part::kRemoteIpv6),
      KeysOfUnits(match.units)};
  std::erase_if(lists, [](const auto& keys) { return keys.empty(); });
  return lists;
}

std::optional<KeyHash> KeyOf(const ConnectionTraits& traits, KeyShape shape) {
  switch (shape.part) {
    case Part::kLocalPort:
      return HashOf(shape, traits.local.port >> (kPortBits - shape.length));
    case Part::kRemotePort:
      return HashOf(shape, traits.remote.port >> (kPortBits - shape.length));
    case Part::kLocalIpv4:
      return KeyOfAddress(traits.local.address, AddressFamily::kIpv4, shape);
    case Part::kLocalIpv6:
      return KeyOfAddress(traits.local.address, AddressFamily::kIpv6, shape);
    case Part::kRemoteIpv4:
      return KeyOfAddress(traits.remote.address, AddressFamily::kIpv4, shape);
    case Part::kRemoteIpv6:
      return KeyOfAddress(traits.remote.address, AddressFamily::kIpv6, shape);
    case Part::kUnit:
    case Part::kUnitBeginning:
      return KeyOfUnit(traits.unit, shape);
  }
  return std::nullopt;
}

}  // namespace connwatch
