// How a handshake ended. docs/handshakes.md explains each outcome to people.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace connwatch {

/// Inbound handshakes are only ever kEstablished, because a handshake that does not complete
/// changes no state that could be traced. Everything else is the end of a connect(2).
enum class HandshakeOutcome : std::uint8_t {
  kEstablished,  // "ok"
  kRefused,      // ECONNREFUSED: an RST came, or an ICMP port unreachable
  kTimedOut,     // ETIMEDOUT: nothing came
  kUnreachable,  // an ICMP error came, or no neighbour answered: EHOSTUNREACH, ENETUNREACH, ...
  kNoRoute,      // no SYN was sent, because the routing table has no way there
  kNoPort,       // no SYN was sent, because no local port was free (EADDRNOTAVAIL)
  kAbandoned,    // the application closed the socket, or ended, before there was an answer
  kReset,        // ECONNRESET: an RST came after both sides had sent a SYN (simultaneous open)
  kOther,        // any other error
};

inline constexpr std::array kHandshakeOutcomes = {
    HandshakeOutcome::kEstablished, HandshakeOutcome::kRefused, HandshakeOutcome::kTimedOut,
    HandshakeOutcome::kUnreachable, HandshakeOutcome::kNoRoute, HandshakeOutcome::kNoPort,
    HandshakeOutcome::kAbandoned,   HandshakeOutcome::kReset,   HandshakeOutcome::kOther,
};
inline constexpr std::size_t kHandshakeOutcomeCount = kHandshakeOutcomes.size();

constexpr std::size_t IndexOf(HandshakeOutcome outcome) {
  return static_cast<std::size_t>(outcome);
}

/// All but kEstablished and kAbandoned: an application that gives up may have its reasons.
constexpr bool IsFailure(HandshakeOutcome outcome) {
  return outcome != HandshakeOutcome::kEstablished && outcome != HandshakeOutcome::kAbandoned;
}

/// The value of the `outcome` label.
std::string_view Name(HandshakeOutcome outcome);

}  // namespace connwatch
