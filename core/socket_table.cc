#include "core/socket_table.h"

#include <cmath>

namespace connwatch {

std::optional<double> SockstatDiscrepancy(const StateCounts& polled, const SocketStats& kernel) {
  if (!kernel.tcp_in_use || !kernel.time_wait) return std::nullopt;
  std::uint64_t count = 0;
  for (const AddressFamily family : kAddressFamilies) {
    for (const TcpState state : kTcpStates) {
      if (state != TcpState::kSynRecv) count += polled.Get(family, state);
    }
  }
  const std::uint64_t expected =
      *kernel.tcp_in_use + kernel.tcp6_in_use.value_or(0) + *kernel.time_wait;
  const double difference = std::abs(static_cast<double>(count) - static_cast<double>(expected));
  return expected == 0 ? difference : difference / static_cast<double>(expected);
}

}  // namespace connwatch
