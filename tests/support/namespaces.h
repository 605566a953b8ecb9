// Other network namespaces of a host, with something in every field, for tests of what is made from
// them.
#pragma once

#include "core/namespaces/network_namespace.h"
#include "core/sockets/walk_status.h"
#include "tests/support/queues.h"
#include "tests/support/records.h"

namespace connwatch {

/// Two listeners, one of them in trouble, and one more without a place.
inline ListenerList TestNamespaceListeners() {
  ListenerList listeners;
  Listener& flooded = listeners.listeners.emplace_back();
  flooded.key = {{IpAddress(), 443}};
  flooded.unit = "nginx.service";
  flooded.status.accept_queue = OneQueue(2, 127, 4);
  flooded.status.syn_queue = {.length = 30, .peak = 40, .retransmitting = 20};
  flooded.status.drops = 5;
  flooded.status.socket_drops = 50;
  flooded.status.signs.host.syn_cookies_per_second = 3;
  flooded.status.diagnosis.causes[IndexOf(DiagnosisCause::kSynFlood)] = true;
  flooded.status.top_sources = {{.prefix = Ipv4({203, 0, 113, 7}).SourcePrefix(), .count = 9}};
  Listener& quiet = listeners.listeners.emplace_back();
  quiet.key = {{IpAddress(), 8080}};
  quiet.status.accept_queue = OneQueue(0, 511);
  listeners.other.accept_queue = OneQueue(1, 3);
  listeners.other.drops = 1;
  listeners.folded = 1;
  return listeners;
}

/// A container with listeners, a pod and a client without, and two namespaces without a place.
inline NetworkNamespaces TestNamespaces() {
  using std::chrono::microseconds;
  using std::chrono::milliseconds;
  NetworkNamespaces namespaces;
  NetworkNamespace& pod = namespaces.shown.emplace_back();
  pod.identity = {.cookie = 4'101,
                  .inode = 4'026'532'400,
                  .name = "shop/cart-7c9",
                  .unit = "shop/cart-7c9/redis",
                  .pod_namespace = "shop",
                  .pod = "cart-7c9"};
  pod.counts.states.emplace();
  pod.counts.states->at(IndexOf(TcpState::kListen)) = 1;
  Listener& redis = pod.counts.listeners.listeners.emplace_back();
  redis.key = {{IpAddress(), 6379}};
  redis.status.accept_queue = OneQueue(1, 128);
  redis.unit = pod.identity.unit;
  pod.counts.handshakes[IndexOf(Direction::kInbound)].outcomes = {3};
  NetworkNamespace& client = namespaces.shown.emplace_back();
  client.identity = {.cookie = 4'099, .inode = 4'026'532'300, .name = "unnamed-1"};
  client.counts.states.emplace();
  client.counts.pending = {.sockets = 3, .retransmitting = 2, .oldest_age = milliseconds(7'250)};
  NetworkNamespace& web = namespaces.shown.emplace_back();
  web.identity = {
      .cookie = 4'097, .inode = 4'026'532'281, .name = "web", .unit = "docker-0123456789ab.scope"};
  web.is_in_trouble = true;
  web.counts.states.emplace();
  web.counts.states->at(IndexOf(TcpState::kEstablished)) = 12;
  web.counts.states->at(IndexOf(TcpState::kSynRecv)) = 30;
  web.counts.states->at(IndexOf(TcpState::kListen)) = 3;
  web.counts.listeners = TestNamespaceListeners();
  web.counts.traffic[IndexOf(Direction::kInbound)] = {
      .bytes_sent = 5'000, .bytes_received = 700, .segments_retransmitted = 2};
  web.counts.traffic[IndexOf(Direction::kOutbound)] = {
      .bytes_sent = 60, .bytes_received = 40, .segments_retransmitted = 1};
  web.counts.rtt = {.count = 4, .sum = microseconds(2'500)};
  web.counts.handshakes[IndexOf(Direction::kInbound)].outcomes = {70};
  web.counts.handshakes[IndexOf(Direction::kOutbound)].outcomes = {11, 0, 45};
  namespaces.other.states.emplace();
  namespaces.other.states->at(IndexOf(TcpState::kTimeWait)) = 6;
  namespaces.other.listeners.other.accept_queue = OneQueue(0, 10);
  namespaces.other.traffic[IndexOf(Direction::kInbound)].bytes_received = 9;
  namespaces.other.handshakes[IndexOf(Direction::kOutbound)].outcomes = {0, 5};
  namespaces.seen = 6;
  namespaces.folded = 2;
  namespaces.folded_in_trouble = 1;
  namespaces.unnamed = 1;
  namespaces.left_out = 1;
  return namespaces;
}

inline WalkStatus TestWalk() {
  return {.is_in_use = true,
          .reason = "",
          .stats = {.runs = 120,
                    .restarted_buckets = 3,
                    .overrun_buckets = 1,
                    .faulted_records = 2,
                    .cookies_given = 45,
                    .longest_run = std::chrono::microseconds(750)}};
}

}  // namespace connwatch
