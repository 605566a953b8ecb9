// A block of IP addresses, "10.0.0.0/8", as a value: what the address keys of a group's rule hold.
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "core/base/ip_address.h"
#include "core/base/result.h"

namespace connwatch {

/// Every address of one family that begins with the same bits. IPv4 addresses are in IPv4 prefixes
/// only, also where a socket shows them in v4-mapped form: ::/0 holds no IPv4 address.
class IpPrefix {
 public:
  /// 0.0.0.0/0
  IpPrefix() = default;

  /// The block that `address` lies in. `length` in bits, at most BitsOf(address.family()).
  IpPrefix(const IpAddress& address, unsigned length)
      : address_(address.FirstBits(length)), length_(length) {}

  /// "10.0.0.0/8", "fd00::/8", or an address, which is a block of its own. The error continues a
  /// sentence that begins with the text: "has bits set beyond its length, must be 10.0.0.0/8".
  /// Refused: bits beyond the length, v4-mapped blocks, zones.
  static Result<IpPrefix> Parse(std::string_view text);

  /// The first address of the block.
  const IpAddress& address() const { return address_; }
  /// In bits.
  unsigned length() const { return length_; }

  bool Contains(const IpAddress& address) const {
    return address.family() == address_.family() && address.FirstBits(length_) == address_;
  }
  /// Whether all of `other` is in this block.
  bool Contains(const IpPrefix& other) const {
    return other.length_ >= length_ && Contains(other.address_);
  }

  /// "10.0.0.0/8", with its length also where that is all of the address.
  std::string ToString() const;

  /// By family and first address; of two blocks that begin together the larger is less.
  auto operator<=>(const IpPrefix&) const = default;

 private:
  IpAddress address_;
  unsigned length_ = 0;
};

}  // namespace connwatch
