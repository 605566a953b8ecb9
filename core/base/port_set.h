// A set of TCP ports as a value of 8 KiB.
#pragma once

#include <bitset>
#include <cstddef>
#include <span>

#include "core/base/port_range.h"

namespace connwatch {

using PortSet = std::bitset<kPortCount>;

/// Returns the ports of `range` that are in none of the ranges `without`.
inline PortSet PortsOf(PortRange range, std::span<const PortRange> without) {
  PortSet ports;
  for (std::size_t port = range.first; port <= range.last; ++port) ports.set(port);
  for (const PortRange& out : without) {
    for (std::size_t port = out.first; port <= out.last; ++port) ports.reset(port);
  }
  return ports;
}

}  // namespace connwatch
