// How many local ports are in use towards the busiest (source, destination, destination port).
// Ports run out if a host opens connections to one destination faster than their TIME-WAIT ends.
//
// A count-min sketch: memory and time do not depend on the number of destinations. The result is
// never too low. It is too high only if a destination shares its cell with others in both rows, and
// then by at most the number of sockets of these others.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/base/ip_address.h"

namespace connwatch {

class PortUsage {
 public:
  PortUsage() : rows_{Row(kCells), Row(kCells)} {}

  /// Counts a socket of any state that has a local port of its own. Add each socket once. Returns
  /// how many sockets are towards the same destination by now.
  std::uint32_t Add(const IpAddress& source, const Endpoint& destination);

  /// The number of sockets towards the busiest destination; 0 if there is none.
  std::uint32_t busiest() const { return busiest_; }

 private:
  static constexpr std::size_t kCells = 65'536;
  using Row = std::vector<std::uint32_t>;

  std::array<Row, 2> rows_;
  std::uint32_t busiest_ = 0;
};

}  // namespace connwatch
