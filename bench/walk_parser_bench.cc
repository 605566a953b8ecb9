// Cost of parsing what one run of the walk writes: connections of the process's own network
// namespace, connections of another one, and LISTEN sockets of others.
#include <benchmark/benchmark.h>
#include <netinet/in.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "bpf/walk_layout.h"
#include "bpf/walk_parser.h"
#include "core/base/tcp_state.h"

namespace connwatch {
namespace {

constexpr std::uint64_t kOwn = 1;
constexpr std::uint64_t kAnother = 2;
constexpr std::uint8_t kEstablished = 1;  // kernel: TCP_ESTABLISHED
constexpr std::uint8_t kListen = 10;      // kernel: TCP_LISTEN

walk_record SocketNumber(std::uint32_t number, std::uint64_t net_cookie) {
  walk_record record{};
  record.net_cookie = net_cookie;
  record.cgroup_id = 1'234;
  record.local_address[0] = htonl(INADDR_LOOPBACK);
  record.local_port = 443;
  record.bucket = number;
  record.family = AF_INET;
  record.flags = WALK_HAS_CGROUP;
  return record;
}

walk_record ConnectionNumber(std::uint32_t number, std::uint64_t net_cookie) {
  walk_record record = SocketNumber(number, net_cookie);
  record.cookie = net_cookie == kOwn ? 1 + number : 0;
  record.remote_address[0] = htonl(INADDR_LOOPBACK + number);
  record.remote_port = 40'000;
  record.state = kEstablished;
  record.flags |= WALK_HAS_TCP_INFO | WALK_HAS_HEARD_PEER;
  record.rtt_us = 300;
  record.min_rtt_us = 200;
  record.ack_age_ticks = 10;
  record.idle_ticks = 10;
  record.bytes_received = 1'000;
  return record;
}

walk_record ListenerNumber(std::uint32_t number, std::uint64_t net_cookie) {
  walk_record record = SocketNumber(number, net_cookie);
  record.address = 0xffff'8880'0000'0000 + std::uint64_t{4'096} * number;
  record.state = kListen;
  record.flags |= WALK_HAS_DROPS;
  return record;
}

void Parse(benchmark::State& state, walk_record (*make)(std::uint32_t, std::uint64_t),
           std::uint64_t net_cookie) {
  std::vector<walk_record> run;
  for (std::uint32_t number = 0; number < WALK_RECORDS; ++number) {
    run.push_back(make(number, net_cookie));
  }
  const WalkContext context{.query = {.tcp_info = true, .socket_memory = true},
                            .own_net_cookie = kOwn,
                            .identity_seed = 42};
  ParsedWalk parsed;
  std::size_t records = 0;
  for (auto iteration : state) {
    static_cast<void>(iteration);
    parsed.Clear();
    ParseWalk(std::as_bytes(std::span(run)), context, parsed);
    records += parsed.records.size();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(records));
}
BENCHMARK_CAPTURE(Parse, connections, &ConnectionNumber, kOwn);
BENCHMARK_CAPTURE(Parse, connections_of_another_namespace, &ConnectionNumber, kAnother);
BENCHMARK_CAPTURE(Parse, listeners_of_another_namespace, &ListenerNumber, kAnother);

}  // namespace
}  // namespace connwatch
