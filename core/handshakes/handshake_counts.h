// What was counted of handshakes: of a group, a network namespace or a destination.
#pragma once

#include <array>
#include <cstdint>
#include <numeric>

#include "core/handshakes/handshake_outcome.h"
#include "core/handshakes/latency_counts.h"

namespace connwatch {

struct HandshakeCounts {
  std::array<std::uint64_t, kHandshakeOutcomeCount> outcomes{};  // by IndexOf(HandshakeOutcome)
  /// SYNs that were sent again (outbound), SYN-ACKs that were sent again (inbound; only of
  /// handshakes that completed).
  std::uint64_t syn_retransmissions = 0;
  /// Of kEstablished: outbound from the first SYN to the SYN-ACK, inbound from the SYN-ACK to the
  /// ACK. It has fewer than kEstablished counts if some could not be measured: those with SYN
  /// cookies, without TCP timestamps those whose SYN-ACK was sent again, and those in
  /// TracingStats::untimed and TracingStats::without_port.
  LatencyCounts latency;

  std::uint64_t Of(HandshakeOutcome outcome) const { return outcomes.at(IndexOf(outcome)); }
  std::uint64_t Total() const {
    return std::accumulate(outcomes.begin(), outcomes.end(), std::uint64_t{0});
  }
  /// All but kEstablished and kAbandoned: an application that gives up may have its reasons.
  std::uint64_t Failed() const {
    return Total() - Of(HandshakeOutcome::kEstablished) - Of(HandshakeOutcome::kAbandoned);
  }

  HandshakeCounts& operator+=(const HandshakeCounts& other) {
    for (std::size_t i = 0; i < outcomes.size(); ++i) outcomes.at(i) += other.outcomes.at(i);
    syn_retransmissions += other.syn_retransmissions;
    latency += other.latency;
    return *this;
  }
  bool operator==(const HandshakeCounts&) const = default;
};

}  // namespace connwatch
