// How fast connections move data, and who needs their ports, for snapshots of tests.
#pragma once

#include "tests/support/snapshot_parts.h"

namespace connwatch {

inline GroupRates TestGroupRates() {
  GroupRates rates;
  rates.span = std::chrono::milliseconds(10'250);
  rates.groups[kInbound443] = {.bytes_sent = 52'000.5,
                               .bytes_received = 100,
                               .segments_sent = 40,
                               .segments_retransmitted = 0.5,
                               .connections_closed = 2};
  return rates;
}

/// One destination needs many ports.
inline Culprits TestCulprits() {
  Culprits culprits;
  culprits.Of(Trouble::kDestinationPorts).places = {
      {.key = {.group = {Direction::kOutbound, kOtherGroup},
               .source = Ipv4({192, 0, 2, 9}),
               .place = {Ipv4({192, 0, 2, 1}), 443}},
       .count = 26'820}};
  return culprits;
}

}  // namespace connwatch
