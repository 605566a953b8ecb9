// Who opened a connection, where the kernel's counters do not show it (see
// core/sockets/opener_evidence.h).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/base/direction.h"

namespace connwatch {

/// What a guess relies on, the more reliable first. The values of the `by` label.
enum class GuessBasis : std::uint8_t {
  kListener,   // a socket listens on the local port, or did within the last minute: inbound
  kHint,       // one poll, but only one, has shown evidence that is no proof
  kPortRange,  // one of the two ports, and only one, is of the ephemeral range
  kNothing,    // taken for outbound: the listener of an inbound one would be known
};

inline constexpr std::array kGuessBases = {GuessBasis::kListener, GuessBasis::kHint,
                                           GuessBasis::kPortRange, GuessBasis::kNothing};
inline constexpr std::size_t kGuessBasisCount = kGuessBases.size();

constexpr std::size_t IndexOf(GuessBasis basis) { return static_cast<std::size_t>(basis); }

constexpr std::string_view Name(GuessBasis basis) {
  switch (basis) {
    case GuessBasis::kListener:
      return "listener";
    case GuessBasis::kHint:
      return "hint";
    case GuessBasis::kPortRange:
      return "port_range";
    case GuessBasis::kNothing:
      return "nothing";
  }
  return "unknown";
}

struct DirectionGuess {
  Direction direction = Direction::kOutbound;
  GuessBasis basis = GuessBasis::kNothing;

  bool operator==(const DirectionGuess&) const = default;
};

}  // namespace connwatch
