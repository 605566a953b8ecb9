// What the ConnectionTracker counts about itself. Part of a Snapshot.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/groups/direction_guess.h"

namespace connwatch {

/// How a connection ended, as far as that is known. The values of the `cause` label.
enum class EndCause : std::uint8_t {
  kComplete,        // its final values are known
  kDisconnected,    // the event has no peer and no counters (a failed connect, SO_LINGER 0), or the
                    // socket has connected again
  kNotEstablished,  // the event shows that the connect failed
  kVanished,        // no event came, but it was gone for two polls
};

inline constexpr std::array kEndCauses = {EndCause::kComplete, EndCause::kDisconnected,
                                          EndCause::kNotEstablished, EndCause::kVanished};
inline constexpr std::size_t kEndCauseCount = kEndCauses.size();

constexpr std::size_t IndexOf(EndCause cause) { return static_cast<std::size_t>(cause); }

std::string_view Name(EndCause cause);

struct TrackerStats {
  std::uint64_t tracked = 0;   // connections
  std::uint64_t left_out = 0;  // of the latest poll: connections that there was no room for
  std::array<std::uint64_t, kEndCauseCount> ended{};  // by IndexOf(EndCause)
  /// Ended connections whose direction was never more than a guess, by IndexOf(GuessBasis). Those
  /// that vanished are not among them.
  std::array<std::uint64_t, kGuessBasisCount> guessed{};
};

}  // namespace connwatch
