// Cost of parsing one full batch of a dump: 32 KiB of established sockets with tcp_info.
#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <vector>

#include "netlink/dump_parser.h"
#include "netlink/load_at.h"

namespace connwatch {
namespace {

// A fuzzing seed: sequence and port id, two bytes each, then the recorded message and NLMSG_DONE.
constexpr const char* kSeed = CONNWATCH_SOURCE_DIR "/tests/fuzz/seeds/dump_parser/established_ipv4";
constexpr std::size_t kSeedHeaderBytes = 4;
constexpr std::size_t kBatchBytes = std::size_t{32} * 1024;

std::vector<std::byte> ReadSeed() {
  std::ifstream file(kSeed, std::ios::binary);
  std::vector<char> text{std::istreambuf_iterator<char>(file), {}};
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

void ParseBatch(benchmark::State& state) {
  const std::vector<std::byte> seed = ReadSeed();
  const auto message = std::span(seed).subspan(kSeedHeaderBytes);
  const auto message_bytes = LoadAt<std::uint32_t>(message, 0).value_or(0);
  if (message_bytes == 0) return state.SkipWithError("no seed");
  std::vector<std::byte> batch;
  while (batch.size() + message_bytes <= kBatchBytes) {
    batch.insert(batch.end(), message.begin(), message.begin() + message_bytes);
  }
  DumpParser parser;
  parser.Expect({*LoadAt<std::uint16_t>(seed, 0), *LoadAt<std::uint16_t>(seed, 2)});
  std::size_t records = 0;
  for (auto iteration : state) {
    static_cast<void>(iteration);
    const auto parsed = parser.Parse(batch);
    if (!parsed) return state.SkipWithError(parsed.error().context.c_str());
    records += parsed->records.size();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(records));
  state.SetBytesProcessed(static_cast<std::int64_t>(batch.size()) * state.iterations());
}
BENCHMARK(ParseBatch);

}  // namespace
}  // namespace connwatch
