// A range of TCP ports as a value.
#pragma once

#include <cstdint>

namespace connwatch {

/// Both ends included, first <= last.
struct PortRange {
  std::uint16_t first = 0;
  std::uint16_t last = 0;

  bool Contains(std::uint16_t port) const { return first <= port && port <= last; }
  bool operator==(const PortRange&) const = default;
};

}  // namespace connwatch
