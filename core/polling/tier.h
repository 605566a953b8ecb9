// The tiers of polling: what is cheap is polled often, what is expensive rarely. This is the only
// table of them. Everything else that handles "each tier" loops over kTiers.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace connwatch {

enum class Tier : std::uint8_t {
  kListeners,   // the LISTEN sockets
  kHandshakes,  // the SYN-SENT and SYN-RECV sockets
  kFull,        // every socket
};

struct TierSpec {
  Tier id;
  /// The value of the `tier` label, and the key below `poll:` in the configuration.
  std::string_view name;
  /// The time between the starts of two polls, unless the configuration says otherwise.
  std::chrono::milliseconds default_interval;
  /// The shortest interval that the configuration may ask for.
  std::chrono::milliseconds min_interval;
};

/// In the order of their ids, the most frequent first. If several have something to read, they are
/// read in this order.
inline constexpr std::array kTiers = std::to_array<TierSpec>({
    {Tier::kListeners, "listeners", std::chrono::milliseconds(100), std::chrono::milliseconds(10)},
    {Tier::kHandshakes, "handshakes", std::chrono::milliseconds(1'000),
     std::chrono::milliseconds(100)},
    {Tier::kFull, "full", std::chrono::milliseconds(10'000), std::chrono::milliseconds(100)},
});

inline constexpr std::size_t kTierCount = kTiers.size();

constexpr std::size_t IndexOf(Tier tier) { return static_cast<std::size_t>(tier); }

static_assert([] {
  for (std::size_t i = 0; i < kTierCount; ++i) {
    if (IndexOf(kTiers.at(i).id) != i) return false;
  }
  return true;
}());

constexpr std::string_view Name(Tier tier) { return kTiers.at(IndexOf(tier)).name; }

/// One T for each tier, by IndexOf(Tier).
template <typename T>
using PerTier = std::array<T, kTierCount>;

}  // namespace connwatch
