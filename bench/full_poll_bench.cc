// Cost of a full poll of connections that are known, beyond reading them: the aggregator and the
// tracker. Once in the order in which the connections were first met, once in another one, as it is
// on a host whose connections have been replaced over time. And once with half of the sockets in
// TIME-WAIT, towards few and towards ever different destinations.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "core/connections/full_poll.h"

namespace connwatch {
namespace {

constexpr std::size_t kBatch = 100;  // records that a source delivers at once

SocketRecord ConnectionNumber(std::uint64_t number) {
  SocketRecord record;
  record.state = TcpState::kEstablished;
  record.local = {
      IpAddress::FromIpv4(std::array{std::byte{10}, std::byte{0}, std::byte{0}, std::byte{1}}),
      443};
  record.remote = {IpAddress::FromIpv4(std::array{
                       std::byte{10}, static_cast<std::byte>(number >> 16U),
                       static_cast<std::byte>(number >> 8U), static_cast<std::byte>(number)}),
                   50'000};
  record.cookie = 10'000 + number;
  record.tcp_info.emplace();
  record.tcp_info->rtt = std::chrono::microseconds(300);
  record.tcp_info->idle = std::chrono::milliseconds(0);
  record.tcp_info->since_last_ack_received = std::chrono::milliseconds(500);
  record.tcp_info->traffic.emplace();
  record.tcp_info->traffic->bytes_received = 1'000;
  return record;
}

// Of a connection that this host has opened, to one of so many destinations.
SocketRecord TimeWaitNumber(std::uint64_t number, std::uint64_t destinations) {
  SocketRecord record = ConnectionNumber(number % destinations);
  record.state = TcpState::kTimeWait;
  record.local.port = static_cast<std::uint16_t>(32'768 + number % 28'232);
  record.remote.port = 5'432;
  record.cookie = 100'000'000 + number;
  record.tcp_info.reset();
  return record;
}

struct Host {
  void Poll(const std::vector<SocketRecord>& records) {
    now.monotonic += std::chrono::seconds(10);
    poll.Begin(now);
    const std::span<const SocketRecord> all = records;
    for (std::size_t i = 0; i < all.size(); i += kBatch) {
      poll.Add(all.subspan(i, std::min(kBatch, all.size() - i)), now);
    }
    poll.Complete(now);
  }

  Instant now;
  std::vector<std::chrono::microseconds> bounds{std::chrono::microseconds(1'000)};
  ConnectionClassifier classifier{{}, [](std::uint64_t /*cgroup_id*/) { return std::string(); }};
  TrafficLedger ledger{GroupTraffic(bounds)};
  Allowance room{10'000'000};
  ConnectionTracker tracker{room, classifier, ledger};
  FullPoll poll{{.rtt_bounds = bounds, .ephemeral_ports = PortsOf({32'768, 60'999}, {})},
                classifier,
                tracker};
};

void Poll(benchmark::State& state, bool is_shuffled) {
  std::vector<SocketRecord> records;
  records.reserve(static_cast<std::size_t>(state.range(0)));
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    records.push_back(ConnectionNumber(static_cast<std::uint64_t>(i)));
  }
  // The walk is in the order of hashes, the cookies are in the order of the connections'
  // beginnings.
  std::ranges::shuffle(records, std::mt19937(1));
  Host host;
  host.Poll(records);
  if (is_shuffled) {
    // The records stay where they are, so that reading them costs the same.
    std::vector<std::uint64_t> cookies;
    cookies.reserve(records.size());
    for (const SocketRecord& record : records) cookies.push_back(record.cookie);
    std::ranges::shuffle(cookies, std::mt19937(2));
    for (std::size_t i = 0; i < records.size(); ++i) records[i].cookie = cookies[i];
  }
  for (int i = 0; i < 3; ++i) host.Poll(records);  // until all is booked
  for (auto iteration : state) {
    static_cast<void>(iteration);
    host.Poll(records);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void PollInTheOrderOfTheTable(benchmark::State& state) { Poll(state, /*is_shuffled=*/false); }
BENCHMARK(PollInTheOrderOfTheTable)->Arg(200'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

void PollInAnotherOrder(benchmark::State& state) { Poll(state, /*is_shuffled=*/true); }
BENCHMARK(PollInAnotherOrder)->Arg(200'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

void PollHalfInTimeWait(benchmark::State& state) {
  const auto destinations = static_cast<std::uint64_t>(state.range(1));
  std::vector<SocketRecord> records;
  for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(state.range(0)); ++i) {
    records.push_back(i % 2 == 0 ? ConnectionNumber(i) : TimeWaitNumber(i, destinations));
  }
  std::ranges::shuffle(records, std::mt19937(1));
  Host host;
  for (int i = 0; i < 4; ++i) host.Poll(records);
  for (auto iteration : state) {
    static_cast<void>(iteration);
    host.Poll(records);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(PollHalfInTimeWait)
    ->Args({100'000, 10})
    ->Args({100'000, 100'000})
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace connwatch
