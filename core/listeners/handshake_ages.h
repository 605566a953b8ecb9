// How old the half-open handshakes of a listener are, counted in classes. The classes follow the
// retransmissions of the SYN-ACK, which are due after 1 s, 3 s, 7 s and 15 s without an ACK
// (kernel: TCP_TIMEOUT_INIT, doubled each time). An age is a lower bound, see HandshakePoll.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace connwatch {

struct HandshakeAges {
  /// The ages at which one class ends and the next begins.
  static constexpr std::array<std::chrono::seconds, 4> kBounds = {
      std::chrono::seconds(1), std::chrono::seconds(3), std::chrono::seconds(7),
      std::chrono::seconds(15)};

  /// How many are younger than the first bound, from the first to the second, ..., from the last
  /// on.
  std::array<std::uint64_t, kBounds.size() + 1> counts{};
  std::chrono::milliseconds oldest{0};

  void Add(std::chrono::milliseconds age) {
    std::size_t index = 0;
    while (index < kBounds.size() && age >= kBounds[index]) ++index;
    ++counts[index];
    if (age > oldest) oldest = age;
  }
};

}  // namespace connwatch
