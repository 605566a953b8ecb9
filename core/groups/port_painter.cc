#include "core/groups/port_painter.h"

#include <numeric>

namespace connwatch {

void PortPainter::Paint(PortRange range, RuleIndex rule) {
  if (table_.empty()) {
    table_.assign(kPortCount, kNoRule);
    next_.resize(kPortCount + 1);
    std::iota(next_.begin(), next_.end(), 0U);
  }
  for (std::size_t port = FirstUnpainted(range.first); port <= range.last;
       port = FirstUnpainted(port)) {
    table_[port] = rule;
    next_[port] = static_cast<std::uint32_t>(port) + 1;
  }
}

std::size_t PortPainter::FirstUnpainted(std::size_t port) {
  while (next_[port] != port) {
    next_[port] = next_[next_[port]];  // halves the path for the next search
    port = next_[port];
  }
  return port;
}

}  // namespace connwatch
