// Cost of watching other network namespaces, beyond reading their sockets: each tier's polls, the
// diagnosis, the snapshot, and the memory. The records are made before the clock starts, in the
// order of a hash table: namespaces interleave.
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <vector>

#include "core/namespaces/namespace_table.h"
#include "core/namespaces/poll_splitter.h"

namespace connwatch {
namespace {

constexpr std::uint64_t kNamespaces = 500;
constexpr std::uint64_t kListeners = 1'600;
constexpr std::size_t kBatch = 256;  // records that a source delivers at once

// An address in 10.0.0.0/8 with `number` in its lower bits.
IpAddress Address(std::uint64_t number) {
  return IpAddress::FromIpv4(std::array{std::byte{10}, static_cast<std::byte>(number >> 16U),
                                        static_cast<std::byte>(number >> 8U),
                                        static_cast<std::byte>(number)});
}

SocketRecord ListenerNumber(std::uint64_t number) {
  SocketRecord record;
  record.state = TcpState::kListen;
  record.local = {IpAddress(), static_cast<std::uint16_t>(80 + number / kNamespaces)};
  record.send_queue = 128;
  record.net_cookie = 1 + number % kNamespaces;
  record.cookie = 1 + number;
  record.drops = 0;
  record.cgroup_id = record.net_cookie;
  return record;
}

SocketRecord ConnectionNumber(std::uint64_t number, std::uint64_t namespaces) {
  SocketRecord record;
  record.state = TcpState::kEstablished;
  record.local = {Address(1), 80};
  record.remote = {Address(number), 50'000};
  record.net_cookie = namespaces == 0 ? 0 : 1 + number % namespaces;
  record.cookie = 10'000 + number;
  record.cgroup_id = record.net_cookie;
  record.tcp_info.emplace();
  record.tcp_info->rtt = std::chrono::microseconds(300);
  record.tcp_info->idle = std::chrono::milliseconds(0);
  record.tcp_info->since_last_ack_received = std::chrono::milliseconds(500);
  record.tcp_info->traffic.emplace();
  record.tcp_info->traffic->bytes_received = 1'000;
  return record;
}

template <typename Make>
std::vector<SocketRecord> Shuffled(std::uint64_t count, Make make) {
  std::vector<SocketRecord> records;
  records.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) records.push_back(make(i));
  std::ranges::shuffle(records, std::mt19937(1));
  return records;
}

std::vector<SocketRecord> Listeners() { return Shuffled(kListeners, ListenerNumber); }

std::vector<NamespaceFacts> FactsOf(std::uint64_t namespaces) {
  std::vector<NamespaceFacts> facts(namespaces);
  for (std::uint64_t i = 0; i < namespaces; ++i) {
    facts[i].cookie = 1 + i;
    facts[i].inode = static_cast<std::uint32_t>(1'000 + i);
    facts[i].counters[KernelCounterId::kListenDrops] = 0;
    facts[i].counters[KernelCounterId::kPassiveOpens] = 5;
  }
  return facts;
}

// Stands for the machines of the host's own namespace, which have benchmarks of their own.
struct NoWork final : PollWork {
  DumpQuery Query() const override { return {}; }
  void Begin(Instant /*now*/) override {}
  void Add(std::span<const SocketRecord> /*records*/, Instant /*now*/) override {}
  void Complete(Instant /*now*/) override {}
};

class World {
 public:
  explicit World(std::uint64_t namespaces) : facts_(FactsOf(namespaces)) {}

  void Poll(Tier tier, std::chrono::milliseconds later, std::span<const SocketRecord> records) {
    now_.monotonic += later;
    PollSplitter splitter(tier, host_, table_);
    splitter.Begin(now_);
    for (std::size_t i = 0; i < records.size(); i += kBatch) {
      splitter.Add(records.subspan(i, std::min(kBatch, records.size() - i)), now_);
    }
    splitter.Complete(now_);
  }
  NetworkNamespaces Judge() {
    table_.Judge(now_.monotonic);
    return table_.List(now_.monotonic);
  }

 private:
  Instant now_;
  std::vector<NamespaceFacts> facts_;
  NoWork host_;
  Allowance connections_{2'000'000};
  NamespaceTable table_{{},
                        connections_,
                        [this] { return facts_; },
                        [](const NamespaceClues& /*clues*/, MonotonicTime /*now*/) {
                          return NameCandidates{.unit = "web.service"};
                        }};
};

using std::chrono::milliseconds;

// Of each `range` listeners, one has another queue than at the poll before; 0: none. The facts are
// read at every tenth poll.
void PollListeners(benchmark::State& state) {
  std::vector<SocketRecord> listeners = Listeners();
  World world(kNamespaces);
  const auto every = static_cast<std::size_t>(state.range(0));
  for (auto iteration : state) {
    static_cast<void>(iteration);
    if (every > 0) {
      for (std::size_t i = 0; i < listeners.size(); i += every) listeners[i].receive_queue ^= 1U;
    }
    world.Poll(Tier::kListeners, milliseconds(100), listeners);
  }
}
BENCHMARK(PollListeners)->Arg(0)->Arg(100)->Arg(1)->Unit(benchmark::kMicrosecond);

// A poll of the handshakes, the diagnosis and the snapshot: what comes once a second.
void PollHandshakesAndJudge(benchmark::State& state) {
  const std::vector<SocketRecord> listeners = Listeners();
  const std::vector<SocketRecord> handshakes = Shuffled(kNamespaces, [](std::uint64_t i) {
    SocketRecord record = ConnectionNumber(i, kNamespaces);
    record.state = TcpState::kSynRecv;
    record.tcp_info.reset();
    return record;
  });
  World world(kNamespaces);
  for (auto iteration : state) {
    static_cast<void>(iteration);
    state.PauseTiming();
    for (int i = 0; i < 10; ++i) world.Poll(Tier::kListeners, milliseconds(100), listeners);
    state.ResumeTiming();
    world.Poll(Tier::kHandshakes, milliseconds(0), handshakes);
    benchmark::DoNotOptimize(world.Judge());
  }
}
BENCHMARK(PollHandshakesAndJudge)->Unit(benchmark::kMicrosecond);

// A full poll of `range` connections.
void PollAll(benchmark::State& state) {
  const auto records = Shuffled(static_cast<std::uint64_t>(state.range(0)),
                                [](std::uint64_t i) { return ConnectionNumber(i, kNamespaces); });
  World world(kNamespaces);
  world.Poll(Tier::kFull, milliseconds(10'000), records);
  for (auto iteration : state) {
    static_cast<void>(iteration);
    world.Poll(Tier::kFull, milliseconds(10'000), records);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(PollAll)->Arg(10'000)->Arg(200'000)->Unit(benchmark::kMillisecond);

std::size_t BytesInUse() {
  const struct mallinfo2 use = mallinfo2();
  return use.uordblks + use.hblkhd;
}

// Memory of `range(0)` namespaces with `range(1)` connections and listeners in all.
void Memory(benchmark::State& state) {
  const auto namespaces = static_cast<std::uint64_t>(state.range(0));
  const auto count = static_cast<std::uint64_t>(state.range(1));
  const auto records = Shuffled(count, [&](std::uint64_t i) {
    SocketRecord record = ConnectionNumber(i, namespaces);
    const std::uint64_t within = i / namespaces;
    if (within >= 3) return record;
    record.state = TcpState::kListen;
    record.local = {IpAddress(), static_cast<std::uint16_t>(80 + within)};
    record.tcp_info.reset();
    record.drops = 0;
    return record;
  });
  std::vector<SocketRecord> listeners = records;
  std::erase_if(listeners, [](const auto& one) { return one.state != TcpState::kListen; });
  for (auto iteration : state) {
    static_cast<void>(iteration);
    const std::size_t before = BytesInUse();
    World world(namespaces);
    for (int second = 0; second <= 20; ++second) {
      world.Poll(Tier::kListeners, milliseconds(1'000), listeners);
      world.Poll(Tier::kHandshakes, milliseconds(0), {});
      if (second % 10 == 0) world.Poll(Tier::kFull, milliseconds(0), records);
      world.Judge();
    }
    const std::size_t bytes = BytesInUse() - before;
    state.counters["bytes"] = static_cast<double>(bytes);
    state.counters["per_namespace"] = static_cast<double>(bytes) / static_cast<double>(namespaces);
  }
}
BENCHMARK(Memory)
    ->Args({500, 0})
    ->Args({500, 10'000})
    ->Args({500, 1'000'000})
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace connwatch
