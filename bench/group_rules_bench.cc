// Cost of finding the group of one connection, by the number and kind of the rules. Every benchmark
// walks over the same 65,536 random connections, so that tables are not all in the cache.
#include <benchmark/benchmark.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "core/groups/group_book.h"
#include "core/groups/group_rules.h"

namespace connwatch {
namespace {

constexpr std::size_t kConnections = 65'536;
constexpr std::array<std::string_view, 4> kUnits = {"nginx.service", "postgresql.service",
                                                    "docker-0123456789ab", "session-3.scope"};

// An address in 10.0.0.0/8 with `number` in its lower bits.
IpAddress Address(std::uint32_t number) {
  return IpAddress::FromIpv4(std::array{std::byte{10}, static_cast<std::byte>(number >> 16U),
                                        static_cast<std::byte>(number >> 8U),
                                        static_cast<std::byte>(number)});
}

std::vector<ConnectionTraits> Connections() {
  std::mt19937 random(1);
  const auto port = [&random] { return static_cast<std::uint16_t>(random()); };
  std::vector<ConnectionTraits> connections(kConnections);
  for (ConnectionTraits& traits : connections) {
    traits.direction = random() % 2 == 0 ? Direction::kInbound : Direction::kOutbound;
    traits.local = {Address(1), port()};
    traits.remote = {Address(static_cast<std::uint32_t>(random())), port()};
    traits.unit = kUnits.at(random() % kUnits.size());
  }
  return connections;
}

// `match_of` makes the match of the rule of a number.
template <typename MatchOf>
std::vector<GroupRule> RulesOf(std::int64_t count, MatchOf match_of) {
  std::vector<GroupRule> rules;
  for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(count); ++i) {
    rules.push_back({"g" + std::to_string(i), match_of(i)});
  }
  return rules;
}

std::uint16_t PortOf(std::uint32_t number) { return static_cast<std::uint16_t>(number * 6 + 1); }

GroupMatch ByPort(std::uint32_t number) {
  const std::uint16_t port = PortOf(number);
  return {.direction = number % 2 == 0 ? Direction::kInbound : Direction::kOutbound,
          .local_ports = {{port, port}}};
}

GroupMatch ByPrefix(std::uint32_t number) {
  return {.remote_addresses = {IpPrefix(Address(number << 8U), 24)}};
}

// Eight lengths, /17 to /24.
GroupMatch ByPrefixOfManyLengths(std::uint32_t number) {
  return {.remote_addresses = {IpPrefix(Address(number << 8U), 17 + number % 8)}};
}

GroupMatch ByPortPrefixAndUnit(std::uint32_t number) {
  return {.direction = Direction::kOutbound,
          .remote_ports = {{5'432, 5'432}, {6'000, 6'100}},
          .remote_addresses = {IpPrefix(Address(number << 8U), 24)},
          .units = {{"postgresql", true}}};
}

void Walk(benchmark::State& state, const std::vector<GroupRule>& rules) {
  const std::vector<ConnectionTraits> connections = Connections();
  const GroupRules compiled{rules};
  std::size_t next = 0;
  for (auto iteration : state) {
    static_cast<void>(iteration);
    benchmark::DoNotOptimize(compiled.Match(connections[next++ % kConnections]));
  }
  state.SetItemsProcessed(state.iterations());
}

void MatchPorts(benchmark::State& state) { Walk(state, RulesOf(state.range(0), ByPort)); }
BENCHMARK(MatchPorts)->Arg(0)->Arg(10)->Arg(1'000)->Arg(10'000);

void MatchPrefixes(benchmark::State& state) { Walk(state, RulesOf(state.range(0), ByPrefix)); }
BENCHMARK(MatchPrefixes)->Arg(10)->Arg(1'000)->Arg(10'000);

void MatchPrefixesOfEightLengths(benchmark::State& state) {
  Walk(state, RulesOf(state.range(0), ByPrefixOfManyLengths));
}
BENCHMARK(MatchPrefixesOfEightLengths)->Arg(10)->Arg(1'000)->Arg(10'000);

void MatchPortPrefixAndUnit(benchmark::State& state) {
  Walk(state, RulesOf(state.range(0), ByPortPrefixAndUnit));
}
BENCHMARK(MatchPortPrefixAndUnit)->Arg(10)->Arg(1'000)->Arg(10'000);

void CompilePorts(benchmark::State& state) {
  const std::vector<GroupRule> rules = RulesOf(state.range(0), ByPort);
  for (auto iteration : state) {
    static_cast<void>(iteration);
    benchmark::DoNotOptimize(GroupRules(rules));
  }
}
BENCHMARK(CompilePorts)->Arg(10'000)->Unit(benchmark::kMillisecond);

void CompilePortPrefixAndUnit(benchmark::State& state) {
  const std::vector<GroupRule> rules = RulesOf(state.range(0), ByPortPrefixAndUnit);
  for (auto iteration : state) {
    static_cast<void>(iteration);
    benchmark::DoNotOptimize(GroupRules(rules));
  }
}
BENCHMARK(CompilePortPrefixAndUnit)->Arg(10'000)->Unit(benchmark::kMillisecond);

// Nothing gives up its place meanwhile.
constexpr MonotonicTime kNow{std::chrono::hours(1)};

void AskBook(benchmark::State& state, const GroupBookOptions& options) {
  const std::vector<ConnectionTraits> connections = Connections();
  GroupBook book(options);
  std::size_t next = 0;
  for (auto iteration : state) {
    static_cast<void>(iteration);
    benchmark::DoNotOptimize(book.Of(connections[next++ % kConnections], kNow));
  }
  state.SetItemsProcessed(state.iterations());
}

// Nearly all of the random ports are folded; with room for 10,000 one in six has a group.
void BookByPort(benchmark::State& state) {
  AskBook(state, {.max_groups = static_cast<std::size_t>(state.range(0))});
}
BENCHMARK(BookByPort)->Arg(100)->Arg(10'000);

void BookByUnit(benchmark::State& state) { AskBook(state, {.group_by = GroupBy::kUnit}); }
BENCHMARK(BookByUnit);

// The ports of a usual host: each connection has a group.
void BookByFewPorts(benchmark::State& state) {
  std::vector<ConnectionTraits> connections = Connections();
  for (ConnectionTraits& traits : connections) {
    traits.local.port %= 50;
    traits.remote.port %= 50;
  }
  GroupBook book({});
  std::size_t next = 0;
  for (auto iteration : state) {
    static_cast<void>(iteration);
    benchmark::DoNotOptimize(book.Of(connections[next++ % kConnections], kNow));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BookByFewPorts);

}  // namespace
}  // namespace connwatch
