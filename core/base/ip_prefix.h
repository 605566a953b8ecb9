// A block of IP addresses such as "10.0.0.0/8", as a value. The address keys of a group's rule hold
// such blocks.
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "core/base/ip_address.h"
#include "core/base/result.h"

namespace connwatch {

/// Every address of one family that begins with the same bits. An IPv4 address is only in IPv4
/// prefixes, even if a socket shows it in v4-mapped form: ::/0 contains no IPv4 address.
class IpPrefix {
 public:
  /// 0.0.0.0/0
  IpPrefix() = default;

  /// The block that `address` lies in. `length` is in bits, at most BitsOf(address.family()).
  IpPrefix(const IpAddress& address, unsigned length)
      : address_(address.FirstBits(length)), length_(length) {}

  /// Parses "10.0.0.0/8", "fd00::/8", or one address, which is a block of its own. Refuses bits
  /// beyond the length, v4-mapped blocks and zones. The error is the end of a sentence that begins
  /// with the text: "has bits set beyond its length, must be 10.0.0.0/8".
  static Result<IpPrefix> Parse(std::string_view text);

  /// The first address of the block.
  const IpAddress& address() const { return address_; }
  /// In bits.
  unsigned length() const { return length_; }

  bool Contains(const IpAddress& address) const {
    return address.family() == address_.family() && address.FirstBits(length_) == address_;
  }
  /// Returns true iff all of `other` is in this block.
  bool Contains(const IpPrefix& other) const {
    return other.length_ >= length_ && Contains(other.address_);
  }

  /// "10.0.0.0/8". The length is always written, even if it covers the whole address.
  std::string ToString() const;

  /// Orders by family, then by first address. If two blocks begin at the same address, the larger
  /// block is less.
  auto operator<=>(const IpPrefix&) const = default;

 private:
  IpAddress address_;
  unsigned length_ = 0;
};

}  // namespace connwatch
