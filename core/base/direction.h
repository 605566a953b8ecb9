// Who opened a connection.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace connwatch {

/// Inbound if the other side opened the connection, outbound if this host did.
enum class Direction : std::uint8_t { kInbound, kOutbound };

inline constexpr std::array kDirections = {Direction::kInbound, Direction::kOutbound};
inline constexpr std::size_t kDirectionCount = kDirections.size();

constexpr std::size_t IndexOf(Direction direction) { return static_cast<std::size_t>(direction); }

/// The value of the `direction` label.
constexpr std::string_view Name(Direction direction) {
  switch (direction) {
    case Direction::kInbound:
      return "inbound";
    case Direction::kOutbound:
      return "outbound";
  }
  return "unknown";
}

}  // namespace connwatch
