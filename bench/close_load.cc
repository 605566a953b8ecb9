// A load of connections that end: opens and closes loopback TCP connections at a given rate, both
// ends in one process, and prints what that cost. bench/run-traffic reads it.
//
// A close is the end of one socket, so two for each connection. They are orderly, by FIN: of a
// socket closed by RST the kernel has nothing left to tell. Each end closes first in turn. Nothing
// is sent, so that the load is as light as it can be. Each of the forked workers has many addresses
// of its own in 127.66.0.0/16, so that ports in TIME-WAIT are not met again.
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cinttypes>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <span>
#include <thread>
#include <utility>

#include "bench/flags.h"
#include "bench/loopback.h"
#include "core/base/result.h"

namespace connwatch::bench {

namespace {

using Clock = std::chrono::steady_clock;

constexpr in_addr_t kFirstAddress = 0x7f420001;  // 127.66.0.1
constexpr in_addr_t kAddressesPerWorker = 64;
constexpr std::uint64_t kMaxWorkers = 64;
constexpr std::uint64_t kConnectionsAtOnce = 25;  // between looks at the clock

struct Load {
  std::uint64_t closes_per_s = 50'000;
  std::uint64_t seconds = 10;
  std::uint64_t workers = 2;

  // A multiple of the number of workers, so that all do the same.
  std::uint64_t connections_per_worker() const { return closes_per_s * seconds / 2 / workers; }
  std::uint64_t closes() const { return connections_per_worker() * workers * 2; }
};

// What comes after the first connection begins when the rate allows it, later if it cannot.
Result<void> Work(const Load& load, in_addr_t first_address) {
  auto listener = Listen(first_address, Closing::kOrderly);
  if (!listener) return std::move(listener).error();
  const auto interval = std::chrono::duration<double>(
      static_cast<double>(load.seconds) / static_cast<double>(load.connections_per_worker()));
  const auto start = Clock::now();
  for (std::uint64_t i = 0; i < load.connections_per_worker(); ++i) {
    if (i % kConnectionsAtOnce == 0) {
      std::this_thread::sleep_until(
          start + std::chrono::duration_cast<Clock::duration>(interval * static_cast<double>(i)));
    }
    const auto address = first_address + static_cast<in_addr_t>(i % kAddressesPerWorker);
    auto connection = Connect(*listener, address, Closing::kOrderly);
    if (!connection) return std::move(connection).error();
    (i % 2 == 0 ? connection->client : connection->server) = {};
  }
  return {};
}

int RunWorker(const Load& load, in_addr_t first_address) {
  const auto worked = Work(load, first_address);
  if (worked) return EXIT_SUCCESS;
  std::fprintf(stderr, "close_load: worker: %s\n", worked.error().context.c_str());
  return EXIT_FAILURE;
}

Result<void> StartWorker(const Load& load, in_addr_t first_address) {
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) return SystemError("fork");
  if (child > 0) return {};
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(EXIT_FAILURE);  // it died before prctl
  _exit(RunWorker(load, first_address));
}

Result<void> WaitForWorker() {
  int status = 0;
  if (wait(&status) < 0) return SystemError("wait");
  if (status != 0) return Error{0, "a worker failed"};
  return {};
}

double Seconds(const timeval& time) {
  constexpr double kMicrosecondsPerSecond = 1e6;
  return static_cast<double>(time.tv_sec) +
         static_cast<double>(time.tv_usec) / kMicrosecondsPerSecond;
}

// On an error, workers that run end with this process.
Result<void> Run(const Load& load) {
  const auto start = Clock::now();
  for (std::uint64_t i = 0; i < load.workers; ++i) {
    const auto first_address = kFirstAddress + static_cast<in_addr_t>(i) * kAddressesPerWorker;
    if (auto started = StartWorker(load, first_address); !started) return started;
  }
  for (std::uint64_t i = 0; i < load.workers; ++i) {
    if (auto ended = WaitForWorker(); !ended) return ended;
  }
  const std::chrono::duration<double> wall = Clock::now() - start;
  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  std::printf("closes=%" PRIu64 " wall_s=%.6f user_s=%.6f kernel_s=%.6f\n", load.closes(),
              wall.count(), Seconds(usage.ru_utime), Seconds(usage.ru_stime));
  return {};
}

int Main(std::span<char* const> arguments) {
  Load load;
  const auto read = ReadFlags(arguments, {{"--rate", load.closes_per_s, 1'000, 1'000'000},
                                          {"--seconds", load.seconds, 1, 3'600},
                                          {"--workers", load.workers, 1, kMaxWorkers}});
  if (!read) {
    std::fprintf(stderr,
                 "close_load: %s\nusage: close_load [--rate CLOSES_PER_SECOND] "
                 "[--seconds SECONDS] [--workers NUMBER]\n",
                 read.error().context.c_str());
    return 2;
  }
  if (auto run = Run(load); !run) {
    std::fprintf(stderr, "close_load: %s\n", run.error().context.c_str());
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}

}  // namespace

}  // namespace connwatch::bench

int main(int argc, char** argv) {
  try {
    return connwatch::bench::Main({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "close_load: %s\n", error.what());
    return EXIT_FAILURE;
  }
}
