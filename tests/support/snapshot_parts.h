// The parts of a snapshot, with something in every field.
#pragma once

#include <array>
#include <vector>

#include "core/snapshot.h"
#include "tests/support/queues.h"
#include "tests/support/records.h"

namespace connwatch {

inline Instant TestInstant(int second) {
  return {MonotonicTime(std::chrono::seconds(second)),
          WallTime(std::chrono::seconds(1'700'000'000 + second))};
}

// The group "443", inbound.
inline constexpr GroupKey kInbound443{Direction::kInbound, {.place = 2}};
inline constexpr std::array kTestRttBounds = {std::chrono::microseconds(500),
                                              std::chrono::microseconds(10'000)};

inline SocketLevels TestSockets() {
  SocketLevels sockets;
  sockets.states.Add(AddressFamily::kIpv4, TcpState::kListen);
  sockets.states.Add(AddressFamily::kIpv4, TcpState::kEstablished);
  sockets.states.Add(AddressFamily::kIpv6, TcpState::kListen);
  sockets.ports_used_peak_destination = 26'820;
  sockets.ports_used_peak_source = 27'000;
  GroupLevels& levels = sockets.groups[kInbound443];
  levels.Add(Established(1));
  levels.receive_queue_bytes = 700;
  levels.receive_queue_bytes_max = 600;
  levels.send_queue_bytes = 80;
  levels.send_queue_bytes_max = 50;
  levels.retransmitting = 3;
  levels.retransmitting_oldest_age = std::chrono::milliseconds(33'500);
  sockets.groups[{Direction::kOutbound, kOtherGroup}].retransmitting = 5;
  return sockets;
}

inline SocketTotals TestTotals() {
  SocketTotals totals(kTestRttBounds);
  totals.rtt[kInbound443].Observe(std::chrono::microseconds(400));
  totals.rtt[kInbound443].Observe(std::chrono::microseconds(20'000));
  totals.dump_duplicates = 7;
  return totals;
}

inline TrafficLedger TestTraffic() {
  using std::chrono::microseconds;
  TrafficLedger ledger{GroupTraffic(kTestRttBounds)};
  GroupTraffic& traffic = ledger[kInbound443];
  traffic.usage = {.bytes_sent = 1'000'000,
                   .bytes_received = 2'000,
                   .segments_sent = 900,
                   .segments_retransmitted = 9,
                   .busy = microseconds(7'500'000),
                   .rwnd_limited = microseconds(250'000),
                   .sndbuf_limited = microseconds(1'000)};
  traffic.closed = 12;
  traffic.closed_rtt.Observe(microseconds(300));
  traffic.closed_min_rtt.Observe(microseconds(100));
  return ledger;
}

inline ListenerList TestListeners() {
  ListenerList listeners;
  listeners.listeners = {
      {{{IpAddress(), 443}},
       {.accept_queue = {.sockets = 2,
                         .length = 3,
                         .limit = 256,
                         .peak = 9,
                         .fullest = {.length = 3, .limit = 127},
                         .peak_utilization = 0.0625},
        .syn_queue = {.length = 12, .peak = 20, .retransmitting = 4},
        .drops = 6,
        .socket_drops = 60,
        .cgroup_id = 77},
       "nginx.service"},
      {{{Ipv6Loopback(), 22}, 7}, {.accept_queue = OneQueue(0, 127)}, "", "eth0"}};
  listeners.other.accept_queue = {.sockets = 4,
                                  .length = 5,
                                  .limit = 512,
                                  .peak = 6,
                                  .full_sockets = 1,
                                  .fullest = {.length = 4, .limit = 3},
                                  .peak_utilization = 1};
  listeners.folded = 4;
  listeners.folded_in_trouble = 1;
  ListenerStatus& flooded = listeners.listeners.front().status;
  flooded.diagnosis.causes[IndexOf(DiagnosisCause::kSynFlood)] = true;
  flooded.top_sources = {{.prefix = Ipv4({198, 51, 100, 7}).SourcePrefix(), .count = 8}};
  return listeners;
}

inline PendingConnects TestPendingConnects() {
  using std::chrono::milliseconds;
  PendingConnects pending;
  pending.by_group[kInbound443.group] = {
      .sockets = 5, .retransmitting = 2, .oldest_age = milliseconds(3'250)};
  pending.by_group[kOtherGroup] = {
      .sockets = 1, .retransmitting = 0, .oldest_age = milliseconds(40)};
  pending.oldest = {{.local = {Ipv4({192, 0, 2, 1}), 40'000},
                     .remote = {Ipv6Loopback(), 443},
                     .retransmissions = 2,
                     .age = milliseconds(3'250),
                     .next_try = milliseconds(750),
                     .cgroup_id = 78,
                     .unit = "shop.service"}};
  pending.destinations = {{.remote = {Ipv6Loopback(), 443},
                           .count = 5,
                           .retransmitting = 2,
                           .oldest_age = milliseconds(3'250),
                           .retransmissions_max = 2,
                           .next_try = milliseconds(500),
                           .cgroup_id = 78,
                           .unit = "shop.service"}};
  pending.destinations_folded = 1;
  return pending;
}

/// After one good full poll and one failed one, and a good poll of handshakes.
inline std::vector<PollHealth> TestPolls() {
  using std::chrono::microseconds;
  using std::chrono::milliseconds;
  PollHealth full(Tier::kFull, milliseconds(10'000));
  full.RecordSuccess(TestInstant(10), microseconds(2'500));
  full.RecordFailure(TestInstant(20), microseconds(900), Error{105, "socket <dump>: lost"});
  full.RecordOverrun();
  full.RecordLateness(microseconds(700));
  full.AddCpu(milliseconds(125));
  PollHealth handshakes(Tier::kHandshakes, milliseconds(1'000));
  handshakes.RecordSuccess(TestInstant(21), microseconds(300));
  return {full, handshakes};
}

}  // namespace connwatch
