// How many local ports are in use towards the busiest (source, destination, destination port).
// Ports run out if a host opens connections to one place faster than TIME-WAIT frees them.
//
// A count-min sketch: memory and time do not depend on how many destinations there are. The answer
// is never too low. It is too high only if another destination shares a cell with the busiest one
// in both rows, and then by the sockets of that other destination.
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

  /// Counts a socket of any state that has a local port of its own. Add each socket once.
  void Add(const IpAddress& source, const Endpoint& destination);

  /// The number of sockets towards the busiest destination; 0 if there is none.
  std::uint32_t busiest() const { return busiest_; }

 private:
  static constexpr std::size_t kCells = 65'536;
  using Row = std::vector<std::uint32_t>;

  std::array<Row, 2> rows_;
  std::uint32_t busiest_ = 0;
};

}  // namespace connwatch
