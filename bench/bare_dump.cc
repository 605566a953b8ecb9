// The floor under any reader of inet_diag: asks for the sockets that a tier of connwatchd asks for,
// receives it all and looks at nothing but message types. Without flags that is the full tier:
// every state, with tcp_info; `--states syn --tcp-info no` is the handshakes tier. Prints one line
// for each round; bench/run and bench/run-handshakes read it. The times leave out the start of the
// process.
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cinttypes>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <span>
#include <utility>

#include "bench/flags.h"
#include "bench/unique_fd.h"
#include "core/base/result.h"

namespace connwatch::bench {

namespace {

// The kernel caps a batch at 32 KiB. kernel: netlink_dump() in net/netlink/af_netlink.c.
constexpr std::size_t kReceiveBufferBytes = 32'768;
constexpr timeval kReceiveTimeout{.tv_sec = 30, .tv_usec = 0};

// Bits 1 to 11 are the states of RFC 9293, 12 is TCP_NEW_SYN_RECV.
// kernel: include/net/tcp_states.h. Not ~0: a later kernel walks one table more for bit 13.
constexpr std::uint32_t kEveryState = 0x1ffe;
// Bits 2, 3 and 12: a request socket is asked for by SYN_RECV's own bit and by TCP_NEW_SYN_RECV's.
constexpr std::uint32_t kHandshakeStates = 0x100c;
constexpr std::array<WordFlag::Word, 2> kStates{{{"all", kEveryState}, {"syn", kHandshakeStates}}};
constexpr std::array<WordFlag::Word, 2> kYesNo{{{"no", 0}, {"yes", 1}}};

struct Query {
  std::uint64_t states = kEveryState;
  std::uint64_t tcp_info = 1;
};

struct DumpSize {
  std::uint64_t bytes = 0;
  std::uint64_t messages = 0;
};

struct Clocks {
  std::chrono::steady_clock::time_point wall;
  std::chrono::microseconds user;
  std::chrono::microseconds kernel;
};

std::chrono::microseconds ToDuration(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

Clocks ReadClocks() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return {std::chrono::steady_clock::now(), ToDuration(usage.ru_utime), ToDuration(usage.ru_stime)};
}

Result<UniqueFd> OpenSocket() {
  UniqueFd socket_fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (!socket_fd) return Error::FromErrno(errno, "open netlink socket");
  if (setsockopt(socket_fd.get(), SOL_SOCKET, SO_RCVTIMEO, &kReceiveTimeout,
                 sizeof(kReceiveTimeout)) < 0) {
    return Error::FromErrno(errno, "set receive timeout");
  }
  return socket_fd;
}

Result<void> SendRequest(int socket_fd, const Query& query) {
  struct {
    nlmsghdr header;
    inet_diag_req body;
  } request{};
  request.header.nlmsg_len = sizeof(request);
  request.header.nlmsg_type = TCPDIAG_GETSOCK;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.body.idiag_family = AF_INET;  // the kernel ignores it: the walk is over both families
  if (query.tcp_info != 0) request.body.idiag_ext = 1U << (INET_DIAG_INFO - 1U);
  request.body.idiag_states = static_cast<std::uint32_t>(query.states);
  if (send(socket_fd, &request, sizeof(request), 0) < 0) {
    return Error::FromErrno(errno, "send request");
  }
  return {};
}

// `payload` is that of NLMSG_DONE or NLMSG_ERROR: both begin with an int, 0 or a negative errno.
Result<void> CheckStatus(std::span<const std::byte> payload) {
  int status = 0;
  if (payload.size() < sizeof(status)) return Error::FromErrno(EBADMSG, "end of dump");
  std::memcpy(&status, payload.data(), sizeof(status));
  if (status < 0) return Error::FromErrno(-status, "end of dump");
  return {};
}

// Whether the end of the dump is in this datagram.
Result<bool> CountMessages(std::span<const std::byte> datagram, DumpSize& size) {
  while (!datagram.empty()) {
    nlmsghdr header{};
    if (datagram.size() < sizeof(header)) return Error::FromErrno(EBADMSG, "message header");
    std::memcpy(&header, datagram.data(), sizeof(header));
    if (header.nlmsg_len < sizeof(header) || header.nlmsg_len > datagram.size()) {
      return Error::FromErrno(EBADMSG, "message length");
    }
    if (header.nlmsg_type == NLMSG_DONE || header.nlmsg_type == NLMSG_ERROR) {
      const auto message = datagram.first(header.nlmsg_len);
      if (auto status = CheckStatus(message.subspan(sizeof(header))); !status) {
        return std::move(status).error();
      }
      return true;
    }
    ++size.messages;
    const std::size_t aligned = (header.nlmsg_len + 3UL) & ~3UL;  // NLMSG_ALIGN
    datagram = datagram.subspan(std::min(aligned, datagram.size()));
  }
  return false;
}

Result<DumpSize> Dump(const Query& query, std::span<std::byte> buffer) {
  auto socket_fd = OpenSocket();
  if (!socket_fd) return std::move(socket_fd).error();
  if (auto sent = SendRequest(socket_fd->get(), query); !sent) return std::move(sent).error();
  DumpSize size;
  while (true) {
    const ssize_t received = recv(socket_fd->get(), buffer.data(), buffer.size(), MSG_TRUNC);
    if (received < 0) return Error::FromErrno(errno, "receive");
    const auto length = static_cast<std::size_t>(received);
    if (length == 0 || length > buffer.size()) return Error::FromErrno(EMSGSIZE, "receive");
    size.bytes += length;
    auto done = CountMessages(buffer.first(length), size);
    if (!done) return std::move(done).error();
    if (*done) return size;
  }
}

double Seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

Result<void> RunRound(const Query& query, std::span<std::byte> buffer) {
  const Clocks before = ReadClocks();
  const auto size = Dump(query, buffer);
  const Clocks after = ReadClocks();
  if (!size) return size.error();
  std::printf("bytes=%" PRIu64 " messages=%" PRIu64 " wall_s=%.6f user_s=%.6f kernel_s=%.6f\n",
              size->bytes, size->messages, Seconds(after.wall - before.wall),
              Seconds(after.user - before.user), Seconds(after.kernel - before.kernel));
  return {};
}

int Main(std::span<char* const> arguments) {
  std::uint64_t rounds = 1;
  Query query;
  const auto read =
      ReadFlags(arguments, {{"--rounds", rounds, 1, 1'000'000}},
                {{"--states", query.states, kStates}, {"--tcp-info", query.tcp_info, kYesNo}});
  if (!read) {
    std::fprintf(stderr, "bare_dump: %s\n", read.error().context.c_str());
    return 2;
  }
  std::array<std::byte, kReceiveBufferBytes> buffer{};
  for (std::uint64_t round = 0; round < rounds; ++round) {
    if (auto run = RunRound(query, buffer); !run) {
      std::fprintf(stderr, "bare_dump: %s\n", run.error().context.c_str());
      return EXIT_FAILURE;
    }
  }
  return EXIT_SUCCESS;
}

}  // namespace

}  // namespace connwatch::bench

int main(int argc, char** argv) {
  try {
    return connwatch::bench::Main({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bare_dump: %s\n", error.what());
    return EXIT_FAILURE;
  }
}
