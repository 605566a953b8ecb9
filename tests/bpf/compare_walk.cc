// Compares the walk with inet_diag, socket by socket and field by field.
//   compare_walk ROUNDS [NETNS...]
// Each round asks inet_diag, walks, and asks inet_diag again, for each of these network namespaces
// (files like /run/netns/NAME); without any, for the one that it runs in. A socket that inet_diag
// shows both times must be in the walk, once; where both answers are equal, the walk must equal
// them, and what only grows must lie between. Prints a line of JSON, and differences to standard
// error. Exits with 1 if there is any difference. "extra" counts sockets that only the walk has
// met: at rest there must be none.
#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "bpf/kernel_walk.h"
#include "netlink/inet_diag_cookies.h"
#include "netlink/inet_diag_source.h"

namespace connwatch {
namespace {

const DumpQuery kEverything{.tcp_info = true, .socket_memory = true};

// A network namespace to ask inet_diag in.
struct Asked {
  int fd = -1;                   // -1: the process's own
  std::uint64_t net_cookie = 0;  // as SocketRecord has it
};

// Mini-sockets, request sockets, and all sockets of other namespaces are known by their endpoints:
// the walk has no cookies for them.
std::string KeyOf(const SocketRecord& record, const Asked& netns) {
  const bool is_full = record.tcp_info || record.state == TcpState::kListen;
  if (is_full && netns.net_cookie == 0) return std::to_string(record.cookie);
  return record.local.ToString() + ' ' + record.remote.ToString() + ' ' +
         std::string(is_full ? "full" : Name(record.state));
}

using Sockets = std::unordered_map<std::string, SocketRecord>;

struct Outcome {
  std::uint64_t compared = 0;
  std::uint64_t at_rest = 0;  // of these, equal in both answers of inet_diag
  std::uint64_t unequal = 0;
  std::uint64_t missing = 0;
  std::uint64_t repeated = 0;
  std::uint64_t extra = 0;
};

void Print(const SocketRecord& record, const char* what) {
  std::fprintf(stderr, "%s %s %s: %s\n", record.local.ToString().c_str(),
               record.remote.ToString().c_str(), std::string(Name(record.state)).c_str(), what);
}

void Tell(Outcome& outcome, const SocketRecord& record, const char* what) {
  constexpr std::uint64_t kMaxTold = 20;
  if (++outcome.unequal <= kMaxTold) Print(record, what);
}

std::tuple<std::uint32_t, std::uint32_t, std::optional<Retransmission>, bool> UnackedOf(
    const SocketRecord& record) {
  if (record.state == TcpState::kListen || !record.tcp_info || !record.tcp_info->traffic) return {};
  const TcpTraffic& traffic = *record.tcp_info->traffic;
  return {traffic.segments_unacked, traffic.bytes_not_sent, record.tcp_info->retransmission,
          record.tcp_info->has_heard_peer};
}

// What does not change as long as nothing arrives and nothing is sent or read. The accept queue of
// a listener comes and goes without a trace.
auto Levels(const SocketRecord& record) {
  const bool is_listener = record.state == TcpState::kListen;
  return std::tuple(record.state, record.socket_family, record.interface,
                    is_listener ? 0 : record.receive_queue, record.send_queue,
                    record.retransmissions, record.cgroup_id, record.is_v6_only,
                    is_listener ? record.drops : std::nullopt, UnackedOf(record));
}

using Growing = std::optional<std::vector<std::uint64_t>>;

Growing GrowingOf(const SocketRecord& record) {
  if (!record.tcp_info || !record.tcp_info->traffic) return std::nullopt;
  const TcpTraffic& traffic = *record.tcp_info->traffic;
  return std::vector{traffic.bytes_acked,
                     traffic.bytes_received,
                     traffic.bytes_sent,
                     traffic.bytes_retransmitted,
                     std::uint64_t{traffic.segments_sent},
                     std::uint64_t{traffic.segments_retransmitted},
                     static_cast<std::uint64_t>(traffic.busy.count()),
                     static_cast<std::uint64_t>(traffic.rwnd_limited.count()),
                     static_cast<std::uint64_t>(traffic.sndbuf_limited.count())};
}

auto RoundTrips(const SocketRecord& record) {
  return record.tcp_info ? std::pair(record.tcp_info->rtt, record.tcp_info->min_rtt)
                         : std::pair<std::optional<std::chrono::microseconds>,
                                     std::optional<std::chrono::microseconds>>();
}

bool IsBetween(const Growing& before, const Growing& walked, const Growing& after) {
  if (!before || !walked || !after) return before.has_value() == walked.has_value();
  for (std::size_t i = 0; i < walked->size(); ++i) {
    if ((*walked)[i] < (*before)[i] || (*walked)[i] > (*after)[i]) return false;
  }
  return true;
}

// Times do not count: they pass while data waits for an ACK.
bool IsStill(const Growing& before, const Growing& after) {
  constexpr int kTimes = 3;  // the last ones
  if (!before || !after) return before == after;
  return std::equal(before->begin(), before->end() - kTimes, after->begin());
}

void Compare(const SocketRecord& before, const SocketRecord& walked, const SocketRecord& after,
             Outcome& outcome) {
  ++outcome.compared;
  if (walked.local != before.local || walked.remote != before.remote) {
    return Tell(outcome, walked, "other endpoints");
  }
  const Growing grown = GrowingOf(walked);
  // A listener's tcp_info is left out by the walk.
  if (walked.state != TcpState::kListen && !IsBetween(GrowingOf(before), grown, GrowingOf(after))) {
    return Tell(outcome, walked, "a counter is not between those of inet_diag");
  }
  const bool is_at_rest = Levels(before) == Levels(after) &&
                          IsStill(GrowingOf(before), GrowingOf(after)) &&
                          RoundTrips(before) == RoundTrips(after);
  if (!is_at_rest || walked.state != before.state) return;
  ++outcome.at_rest;
  if (Levels(walked) != Levels(before)) return Tell(outcome, walked, "a level differs");
  if (walked.state != TcpState::kListen && RoundTrips(walked) != RoundTrips(before)) {
    Tell(outcome, walked, "a round-trip time differs");
  }
}

std::optional<std::vector<SocketRecord>> ReadAll(SocketSource& source) {
  auto dump = source.Open(kEverything);
  std::vector<SocketRecord> records;
  while (dump) {
    const auto batch = (*dump)->ReadBatch();
    if (!batch) {
      std::fprintf(stderr, "%s\n", batch.error().context.c_str());
      return std::nullopt;
    }
    records.insert(records.end(), batch->records.begin(), batch->records.end());
    if (batch->progress == DumpProgress::kDone) return records;
  }
  std::fprintf(stderr, "%s\n", dump.error().context.c_str());
  return std::nullopt;
}

// Those of one network namespace.
Sockets ByKey(const std::vector<SocketRecord>& records, std::uint64_t net_cookie,
              const Asked& netns, std::uint64_t& repeated) {
  Sockets sockets;
  sockets.reserve(records.size());
  for (const SocketRecord& record : records) {
    if (record.net_cookie != net_cookie) continue;
    if (!sockets.emplace(KeyOf(record, netns), record).second) ++repeated;
  }
  return sockets;
}

// What inet_diag says in the namespace.
std::optional<std::vector<SocketRecord>> Ask(const Asked& netns) {
  InetDiagSource source;
  if (netns.fd < 0) return ReadAll(source);
  const int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  std::optional<std::vector<SocketRecord>> records;
  if (setns(netns.fd, CLONE_NEWNET) == 0) records = ReadAll(source);
  if (setns(home, CLONE_NEWNET) != 0) std::abort();
  close(home);
  return records;
}

// nullopt if there is no such namespace.
std::optional<Asked> Find(const char* path) {
  const int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  Asked found{.fd = open(path, O_RDONLY | O_CLOEXEC)};
  if (setns(found.fd, CLONE_NEWNET) != 0) return std::nullopt;
  const int inside = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  socklen_t size = sizeof(found.net_cookie);
  const int status = getsockopt(inside, SOL_SOCKET, SO_NETNS_COOKIE, &found.net_cookie, &size);
  close(inside);
  if (setns(home, CLONE_NEWNET) != 0) std::abort();
  close(home);
  return status == 0 ? std::optional(found) : std::nullopt;
}

bool RunRound(const Asked& netns, SocketSource& walk, Outcome& outcome) {
  std::uint64_t ignored = 0;
  const auto first = Ask(netns);
  const auto second = ReadAll(walk);
  const auto third = Ask(netns);
  if (!first || !second || !third) return false;
  const Sockets before = ByKey(*first, 0, netns, ignored);
  const Sockets walked = ByKey(*second, netns.net_cookie, netns, outcome.repeated);
  const Sockets after = ByKey(*third, 0, netns, ignored);
  for (const auto& [key, record] : walked) {
    if (!before.contains(key) && !after.contains(key)) ++outcome.extra;
  }
  for (const auto& [key, record] : before) {
    const auto again = after.find(key);
    // Its ports may have been used again: then it is another socket.
    if (again == after.end() || again->second.cookie != record.cookie) continue;
    const auto found = walked.find(key);
    if (found != walked.end()) {
      Compare(record, found->second, again->second, outcome);
    } else {
      ++outcome.missing;
      Print(record, "missing");
    }
  }
  return true;
}

int Run(long rounds, std::span<char* const> paths) {
  std::vector<Asked> namespaces;
  for (const char* path : paths) {
    const auto netns = Find(path);
    if (!netns) {
      std::fprintf(stderr, "no network namespace: %s\n", path);
      return 2;
    }
    namespaces.push_back(*netns);
  }
  if (namespaces.empty()) namespaces.emplace_back();
  std::uint64_t keepalive_s = 0;
  std::ifstream("/proc/sys/net/ipv4/tcp_keepalive_time") >> keepalive_s;
  InetDiagCookies cookies;
  auto walk = OpenKernelWalk(keepalive_s, cookies);
  if (!walk) {
    std::fprintf(stderr, "%s\n", walk.error().context.c_str());
    return 2;
  }
  Outcome outcome;
  for (long round = 0; round < rounds; ++round) {
    for (const Asked& netns : namespaces) {
      if (!RunRound(netns, **walk, outcome)) return 2;
    }
  }
  const WalkStats& stats = (*walk)->stats();
  std::printf(
      "{\"compared\": %lu, \"at_rest\": %lu, \"unequal\": %lu, \"missing\": %lu, "
      "\"repeated\": %lu, \"extra\": %lu, \"restarted_buckets\": %lu, \"overrun_buckets\": %lu, "
      "\"faulted_records\": %lu, \"cookies_given\": %lu}\n",
      outcome.compared, outcome.at_rest, outcome.unequal, outcome.missing, outcome.repeated,
      outcome.extra, stats.restarted_buckets, stats.overrun_buckets, stats.faulted_records,
      stats.cookies_given);
  return outcome.unequal + outcome.missing + outcome.repeated > 0 ? 1 : 0;
}

}  // namespace
}  // namespace connwatch

int main(int argc, char** argv) {
  const std::span arguments(argv, static_cast<std::size_t>(argc));
  const long rounds = argc > 1 ? std::strtol(arguments[1], nullptr, 10) : 1;
  return connwatch::Run(rounds, arguments.subspan(std::min<std::size_t>(2, arguments.size())));
}
