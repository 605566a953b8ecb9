// A range of TCP ports as a value.
#pragma once

#include <cstddef>
#include <cstdint>

namespace connwatch {

/// 0 to 65,535.
inline constexpr std::size_t kPortCount = std::size_t{1} << 16U;

/// Both ends included, first <= last.
struct PortRange {
  std::uint16_t first = 0;
  std::uint16_t last = 0;

  bool Contains(std::uint16_t port) const { return first <= port && port <= last; }
  bool operator==(const PortRange&) const = default;
};

}  // namespace connwatch
