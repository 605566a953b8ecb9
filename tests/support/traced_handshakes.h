// Traced handshakes, with something in every field, for tests of what is made from them.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <initializer_list>

#include "core/handshakes/handshakes.h"
#include "core/handshakes/tracing_status.h"
#include "tests/support/records.h"
#include "tests/support/snapshot_parts.h"

namespace connwatch {

/// One handshake of each duration.
inline LatencyCounts LatencyOf(std::initializer_list<std::chrono::nanoseconds> durations) {
  LatencyCounts latency;
  const auto bounds = LatencyBounds();
  for (const std::chrono::nanoseconds duration : durations) {
    const auto bucket = std::ranges::lower_bound(bounds, duration);
    latency.AddBucket(static_cast<std::size_t>(bucket - bounds.begin()), 1);
    latency.AddSum(duration);
  }
  return latency;
}

/// 2001:db8::7
inline IpAddress DocumentedIpv6() {
  std::array<std::byte, 16> bytes = {std::byte{0x20}, std::byte{0x01}, std::byte{0x0d},
                                     std::byte{0xb8}};
  bytes.back() = std::byte{7};
  return IpAddress::FromIpv6(bytes);
}

/// The group "other", outbound.
inline constexpr GroupKey kOutboundOther{Direction::kOutbound, kOtherGroup};

/// A port of this host that many connect to, and two destinations: one that is busy, and one of
/// another network namespace that never answers.
inline Handshakes TestHandshakes() {
  using namespace std::chrono_literals;
  Handshakes handshakes;
  handshakes.totals[kInbound443] = {.outcomes = {40},
                                    .syn_retransmissions = 1,
                                    .latency = LatencyOf({400us, 2ms, 2'500us, 30ms})};
  handshakes.totals[kOutboundOther] = {.outcomes = {260, 12, 45, 3, 7, 1, 4, 2, 5},
                                       .syn_retransmissions = 271,
                                       .latency = LatencyOf({60us, 1ms, 1ms, 1'005'600us, 150s})};
  Destination database;
  database.remote = {Ipv4({192, 0, 2, 80}), 5'432};
  database.unit = "backup.service";
  database.group = "other";
  database.recent = {.outcomes = {200, 3, 0, 0, 0, 0, 1},
                     .syn_retransmissions = 1,
                     .latency = LatencyOf({1ms, 1ms, 1'005'600us})};
  database.latest = TestInstant(21).monotonic;
  Destination silent;
  silent.netns = "web";
  silent.remote = {DocumentedIpv6(), 443};
  silent.group = "other";
  silent.recent = {.outcomes = {0, 0, 45}, .syn_retransmissions = 270, .latency = {}};
  silent.latest = TestInstant(10).monotonic;
  handshakes.destinations = {database, silent};
  handshakes.by_count = {0, 1};
  handshakes.by_failures = {1, 0};
  handshakes.by_latency = {0};
  handshakes.recent_span = 420s;
  handshakes.folded = 6;
  return handshakes;
}

inline TracingStatus TestTracing() {
  return {.is_in_use = true,
          .reason = "",
          .sees_no_route = true,
          .stats = {.without_address = 9,
                    .without_port = 8,
                    .untimed = 3,
                    .ends_lost = 2,
                    .keys = 17,
                    .read_failures = 1}};
}

}  // namespace connwatch
