#include "core/connections/port_usage.h"

#include <algorithm>

namespace connwatch {

std::uint32_t PortUsage::Add(const IpAddress& source, const Endpoint& destination) {
  const std::uint64_t hash = destination.address.Hash(source.Hash(destination.port));
  std::uint32_t& first = rows_[0][hash % kCells];
  std::uint32_t& second = rows_[1][(hash >> 32U) % kCells];
  const std::uint32_t sockets = std::min(++first, ++second);
  busiest_ = std::max(busiest_, sockets);
  return sockets;
}

}  // namespace connwatch
