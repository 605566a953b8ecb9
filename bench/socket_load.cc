// A load to measure under: N established loopback TCP sockets, held open.
//
// One process cannot have the descriptors, so workers are forked. Each has a 127.64.x.y address of
// its own for both ends of its connections, so that ports never run short and nobody else's
// 127.0.0.1 is touched. Sockets are closed by RST: no TIME-WAIT is left behind.
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cinttypes>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/flags.h"
#include "bench/loopback.h"
#include "bench/unique_fd.h"
#include "core/base/result.h"

namespace connwatch::bench {

namespace {

using Deadline = std::chrono::steady_clock::time_point;

constexpr std::uint64_t kMaxSockets = 10'000'000;
constexpr std::uint64_t kMaxPairsPerWorker = 9'000;
constexpr std::uint64_t kPairsPerListener = 2'000;  // well below any ephemeral port range
constexpr std::uint64_t kSpareDescriptors = 64;
constexpr in_addr_t kFirstWorkerAddress = 0x7f400001;  // 127.64.0.1
constexpr std::string_view kGreeting = "a few bytes, so that there is a round trip to measure";

Result<void> SendGreeting(const UniqueFd& from, const UniqueFd& to) {
  std::array<char, kGreeting.size()> received{};
  if (send(from.get(), kGreeting.data(), kGreeting.size(), MSG_NOSIGNAL) < 0) {
    return SystemError("send");
  }
  if (recv(to.get(), received.data(), received.size(), MSG_WAITALL) < 0) {
    return SystemError("receive");
  }
  return {};
}

// Both ends of one connection are added to `sockets`.
Result<void> AddPair(const Listener& listener, in_addr_t address, std::vector<UniqueFd>& sockets) {
  auto connection = Connect(listener, address, Closing::kReset);
  if (!connection) return std::move(connection).error();
  auto& [client, server] = *connection;
  if (auto sent = SendGreeting(client, server); !sent) return sent;
  if (auto sent = SendGreeting(server, client); !sent) return sent;
  sockets.push_back(std::move(client));
  sockets.push_back(std::move(server));
  return {};
}

struct Worker {
  in_addr_t address;
  std::uint64_t pairs;
  int ready_fd;  // gets one byte when the worker's sockets stand
};

// Holds its sockets until a signal ends the process; returns only an error.
Error Work(const Worker& worker) {
  std::vector<UniqueFd> sockets;
  std::vector<Listener> listeners;
  for (std::uint64_t pair = 0; pair < worker.pairs; ++pair) {
    if (pair % kPairsPerListener == 0) {
      auto listener = Listen(worker.address, Closing::kReset);
      if (!listener) return std::move(listener).error();
      listeners.push_back(std::move(listener).value());
    }
    if (auto added = AddPair(listeners.back(), worker.address, sockets); !added) {
      return std::move(added).error().Within("connection " + std::to_string(pair + 1));
    }
  }
  const char ready = 1;
  if (write(worker.ready_fd, &ready, 1) != 1) return SystemError("report ready");
  while (true) pause();
}

// The workers, which end when this object does, or with this process.
class Workers {
 public:
  Workers() = default;
  Workers(Workers&&) = delete;
  Workers& operator=(Workers&&) = delete;
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;
  ~Workers() {
    for (const pid_t worker : pids_) kill(worker, SIGTERM);
    for (const pid_t worker : pids_) waitpid(worker, nullptr, 0);
  }

  /// `inherited_mask` is the signal mask the worker gets.
  Result<void> Start(const Worker& worker, const sigset_t& inherited_mask) {
    const pid_t parent = getpid();
    const pid_t child = fork();
    if (child < 0) return SystemError("fork");
    if (child > 0) {
      pids_.push_back(child);
      return {};
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(EXIT_FAILURE);  // it died before prctl
    pthread_sigmask(SIG_SETMASK, &inherited_mask, nullptr);
    std::fprintf(stderr, "socket_load: worker: %s\n", Work(worker).context.c_str());
    _exit(EXIT_FAILURE);
  }

  std::size_t size() const { return pids_.size(); }

 private:
  std::vector<pid_t> pids_;
};

enum class Wake { kWorkerReady, kStop, kWorkerEnded };

// What the main process waits on.
struct Events {
  UniqueFd signals;
  UniqueFd ready;

  /// The next event; kStop at a closed standard input, a signal or the deadline.
  Result<Wake> Next(Deadline deadline) const;
};

Result<Wake> Events::Next(Deadline deadline) const {
  while (true) {
    std::array<pollfd, 3> waits{
        {{STDIN_FILENO, POLLIN, 0}, {signals.get(), POLLIN, 0}, {ready.get(), POLLIN, 0}}};
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    const auto timeout = std::clamp<std::int64_t>(left.count(), 0, 3'600'000);
    if (poll(waits.data(), waits.size(), static_cast<int>(timeout)) < 0) return SystemError("poll");
    if (std::chrono::steady_clock::now() >= deadline) return Wake::kStop;
    if (waits[1].revents != 0) {
      signalfd_siginfo signal{};
      if (read(signals.get(), &signal, sizeof(signal)) < 0) return SystemError("read signal");
      return signal.ssi_signo == SIGCHLD ? Wake::kWorkerEnded : Wake::kStop;
    }
    std::array<char, 256> ignored{};
    if (waits[0].revents != 0 && read(STDIN_FILENO, ignored.data(), ignored.size()) <= 0) {
      return Wake::kStop;
    }
    if ((waits[2].revents & POLLIN) != 0) {
      if (read(ready.get(), ignored.data(), 1) < 0) return SystemError("read from worker");
      return Wake::kWorkerReady;
    }
  }
}

// How many connections one worker can hold; the descriptor limit is raised as far as it goes.
Result<std::uint64_t> PairsPerWorker() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return SystemError("getrlimit");
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) < 0) return SystemError("setrlimit");
  if (limit.rlim_cur <= 2 * kSpareDescriptors) return Error{0, "descriptor limit too low"};
  return std::min<std::uint64_t>(kMaxPairsPerWorker, (limit.rlim_cur - kSpareDescriptors) / 2);
}

Result<void> StartWorkers(std::uint64_t pairs, int ready_fd, const sigset_t& inherited_mask,
                          Workers& workers) {
  const auto pairs_per_worker = PairsPerWorker();
  if (!pairs_per_worker) return pairs_per_worker.error();
  for (in_addr_t address = kFirstWorkerAddress; pairs > 0; ++address) {
    const std::uint64_t share = std::min(pairs, *pairs_per_worker);
    if (auto started = workers.Start({address, share, ready_fd}, inherited_mask); !started) {
      return started;
    }
    pairs -= share;
  }
  return {};
}

Result<void> HoldLoad(std::uint64_t sockets, Deadline deadline) {
  sigset_t handled{};
  sigset_t inherited_mask{};
  sigemptyset(&handled);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) sigaddset(&handled, signal);
  pthread_sigmask(SIG_BLOCK, &handled, &inherited_mask);
  std::array<int, 2> pipe_fds{};
  if (pipe2(pipe_fds.data(), O_CLOEXEC) < 0) return SystemError("pipe");
  const UniqueFd ready_writer(pipe_fds[1]);
  const Events events{UniqueFd(signalfd(-1, &handled, SFD_CLOEXEC)), UniqueFd(pipe_fds[0])};
  if (!events.signals) return SystemError("signalfd");

  Workers workers;
  if (auto started = StartWorkers(sockets / 2, ready_writer.get(), inherited_mask, workers);
      !started) {
    return started;
  }
  std::size_t ready_workers = 0;
  while (true) {
    const auto wake = events.Next(deadline);
    if (!wake) return wake.error();
    switch (*wake) {
      case Wake::kStop:
        return {};
      case Wake::kWorkerEnded:
        return Error{0, "a worker ended early"};
      case Wake::kWorkerReady:
        if (++ready_workers == workers.size()) {
          std::printf("ready %" PRIu64 "\n", sockets);
          std::fflush(stdout);
        }
    }
  }
}

int Main(std::span<char* const> arguments) {
  std::uint64_t sockets = 20'000;
  std::uint64_t hold_s = 600;
  const auto read =
      ReadFlags(arguments, {{"--sockets", sockets, 2, kMaxSockets}, {"--hold", hold_s, 1, 86'400}});
  if (!read || sockets % 2 != 0) {
    std::fprintf(stderr, "socket_load: %s\nusage: socket_load [--sockets EVEN] [--hold SECONDS]\n",
                 read ? "--sockets: want an even number" : read.error().context.c_str());
    return 2;
  }
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(hold_s);
  if (auto held = HoldLoad(sockets, deadline); !held) {
    std::fprintf(stderr, "socket_load: %s\n", held.error().context.c_str());
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
    std::fprintf(stderr, "socket_load: %s\n", error.what());
    return EXIT_FAILURE;
  }
}
