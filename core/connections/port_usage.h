// How many local ports are in use towards the busiest (source, destination, destination port):
// what runs out when a host opens connections to one place faster than TIME-WAIT lets go of them.
//
// A count-min sketch: memory and time do not depend on how many destinations there are. The answer
// is never too low; it is too high only where another destination shares a cell with the busiest
// one in both rows, and then by that one's sockets.
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

  /// A socket of any state with a local port of its own; each once.
  void Add(const IpAddress& source, const Endpoint& destination);

  /// Sockets towards the busiest destination; 0 where there is none.
  std::uint32_t busiest() const { return busiest_; }

 private:
  static constexpr std::size_t kCells = 65'536;
  using Row = std::vector<std::uint32_t>;

  std::array<Row, 2> rows_;
  std::uint32_t busiest_ = 0;
};

}  // namespace connwatch
