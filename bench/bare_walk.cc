// The floor under the walk over the kernel's socket table: runs the BPF program over all sockets,
// as a full poll does, and looks at nothing but how many records it wrote. Prints one line for each
// round; bench/run-walk reads it. The times leave out the start of the process.
#include <sys/resource.h>

#include <chrono>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <span>
#include <utility>

#include "bench/flags.h"
#include "bpf/walk_program.h"
#include "core/base/tcp_state.h"

namespace connwatch::bench {

namespace {

using Clock = std::chrono::steady_clock;

double Seconds(const timeval& time) {
  return std::chrono::duration<double>(std::chrono::seconds(time.tv_sec) +
                                       std::chrono::microseconds(time.tv_usec))
      .count();
}

rusage Usage() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage;
}

Result<std::uint64_t> WalkOnce(WalkProgram& program, std::uint64_t net_cookie,
                               std::uint32_t states) {
  std::uint64_t records = 0;
  walk_report report{};
  do {
    auto run = program.WalkConnections(net_cookie, states, report.next);
    if (!run) return std::move(run).error();
    report = *run;
    records += report.records;
  } while (report.next < report.buckets);
  return records;
}

Result<void> Measure(std::uint64_t rounds, std::uint32_t states) {
  auto program = WalkProgram::Load();
  if (!program) return std::move(program).error();
  auto list = (*program)->ListNamespaces(0);
  if (!list) return std::move(list).error();
  const std::uint64_t net_cookie = (*program)->namespaces(*list).front().net_cookie;
  for (std::uint64_t round = 0; round < rounds; ++round) {
    const auto begin = Clock::now();
    const rusage before = Usage();
    const auto records = WalkOnce(**program, net_cookie, states);
    if (!records) return records.error();
    const std::chrono::duration<double> wall = Clock::now() - begin;
    const rusage after = Usage();
    std::printf("bytes=%" PRIu64 " messages=%" PRIu64 " wall_s=%.6f user_s=%.6f kernel_s=%.6f\n",
                *records * sizeof(walk_record), *records, wall.count(),
                Seconds(after.ru_utime) - Seconds(before.ru_utime),
                Seconds(after.ru_stime) - Seconds(before.ru_stime));
  }
  return {};
}

int Main(std::span<char* const> arguments) {
  std::uint64_t rounds = 1;
  std::uint64_t is_for_handshakes = 0;
  const auto read = ReadFlags(
      arguments, {{"--rounds", rounds, 1, 1'000}, {"--handshakes", is_for_handshakes, 0, 1}});
  if (!read) {
    std::fprintf(stderr, "bare_walk: %s\nusage: bare_walk [--rounds N] [--handshakes 0|1]\n",
                 read.error().context.c_str());
    return 2;
  }
  const TcpStateSet states = is_for_handshakes != 0
                                 ? TcpStateSet{TcpState::kSynSent, TcpState::kSynRecv}
                                 : TcpStateSet::All();
  const auto measured = Measure(rounds, states.bits());
  if (measured) return 0;
  std::fprintf(stderr, "bare_walk: %s\n", measured.error().context.c_str());
  return 1;
}

}  // namespace

}  // namespace connwatch::bench

int main(int argc, char** argv) {
  try {
    return connwatch::bench::Main({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bare_walk: %s\n", error.what());
    return 1;
  }
}
