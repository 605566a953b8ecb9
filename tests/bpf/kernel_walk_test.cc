// Against the real kernel. Needs CAP_BPF and CAP_PERFMON.
#include "bpf/kernel_walk.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <map>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "bpf/walk_layout.h"
#include "netlink/inet_diag_cookies.h"
#include "netlink/inet_diag_source.h"
#include "tests/support/live_test.h"
#include "tests/support/own_network.h"
#include "tests/support/tcp_pair.h"

namespace connwatch::kernel_walk_test {
namespace {

const DumpQuery kEverything{.tcp_info = true, .socket_memory = true};

std::uint64_t KeepaliveTime() {
  std::uint64_t seconds = 0;
  std::ifstream("/proc/sys/net/ipv4/tcp_keepalive_time") >> seconds;
  return seconds;
}

std::vector<SocketRecord> ReadAll(SocketSource& source, const DumpQuery& query = kEverything) {
  std::vector<SocketRecord> records;
  auto dump = source.Open(query);
  if (!dump) {
    ADD_FAILURE() << dump.error().context;
    return records;
  }
  for (;;) {
    const auto batch = (*dump)->ReadBatch();
    if (!batch) {
      ADD_FAILURE() << batch.error().context;
      return records;
    }
    records.insert(records.end(), batch->records.begin(), batch->records.end());
    if (batch->progress == DumpProgress::kDone) return records;
  }
}

// Closes its files in the end.
struct OpenFiles {
  OpenFiles() = default;
  ~OpenFiles() {
    for (const int fd : fds) close(fd);
  }
  OpenFiles(const OpenFiles&) = delete;
  OpenFiles& operator=(const OpenFiles&) = delete;

  std::vector<int> fds;
};

// Network namespaces that live as long as this.
class NewNamespaces {
 public:
  explicit NewNamespaces(std::size_t count) {
    std::thread([this, count] {
      while (files_.fds.size() < count && unshare(CLONE_NEWNET) == 0) {
        files_.fds.push_back(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
        struct stat status {};
        if (fstat(files_.fds.back(), &status) == 0) inodes_.push_back(status.st_ino);
      }
    }).join();
  }

  const std::vector<std::uint64_t>& inodes() const { return inodes_; }

 private:
  OpenFiles files_;
  std::vector<std::uint64_t> inodes_;
};

// LISTEN sockets, each on a port of its own.
class Listeners {
 public:
  explicit Listeners(std::size_t count) {
    while (files_.fds.size() < count) {
      const int fd = files_.fds.emplace_back(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      sockaddr_in address{};
      socklen_t size = sizeof(address);
      const bool listens =
          listen(fd, 1) == 0 && getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
      if (listens) ports_.push_back(ntohs(address.sin_port));
    }
  }

  const std::vector<std::uint16_t>& ports() const { return ports_; }

 private:
  OpenFiles files_;
  std::vector<std::uint16_t> ports_;
};

class KernelWalkTest : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = OpenKernelWalk(KeepaliveTime(), cookies_);
    if (!opened) CONNWATCH_CANNOT_RUN(opened.error().context);
    walk_ = std::move(opened).value();
  }

  OwnNetwork network_;  // first: the sources are of the namespace that they are made in
  InetDiagCookies cookies_;
  InetDiagSource inet_diag_;
  std::unique_ptr<SocketWalk> walk_;
};

using Place = std::tuple<Endpoint, Endpoint, TcpState>;

std::map<Place, SocketRecord> ByPlace(const std::vector<SocketRecord>& records) {
  std::map<Place, SocketRecord> by_place;
  for (const SocketRecord& record : records) {
    if (record.net_cookie == 0) by_place[{record.local, record.remote, record.state}] = record;
  }
  return by_place;
}

// Everything but times that pass between two looks.
void ExpectSame(const SocketRecord& walked, const SocketRecord& asked) {
  SCOPED_TRACE(walked.local.ToString() + " " + walked.remote.ToString() + " " +
               std::string(Name(walked.state)));
  const bool is_full = walked.tcp_info.has_value() || walked.state == TcpState::kListen;
  if (is_full) EXPECT_EQ(walked.cookie, asked.cookie);
  EXPECT_EQ(walked.socket_family, asked.socket_family);
  EXPECT_EQ(walked.interface, asked.interface);
  EXPECT_EQ(walked.receive_queue, asked.receive_queue);
  EXPECT_EQ(walked.send_queue, asked.send_queue);
  EXPECT_EQ(walked.retransmissions, asked.retransmissions);
  EXPECT_NEAR(static_cast<double>(walked.timer_expires.count()),
              static_cast<double>(asked.timer_expires.count()), 2'000);
  EXPECT_EQ(walked.cgroup_id, asked.cgroup_id);
  EXPECT_EQ(walked.is_v6_only, asked.is_v6_only);
  if (walked.state == TcpState::kListen) {
    EXPECT_EQ(walked.drops, asked.drops);
    return;
  }
  ASSERT_EQ(walked.tcp_info.has_value(), asked.tcp_info.has_value());
  if (!walked.tcp_info) return;
  EXPECT_EQ(walked.tcp_info->rtt, asked.tcp_info->rtt);
  EXPECT_EQ(walked.tcp_info->min_rtt, asked.tcp_info->min_rtt);
  EXPECT_EQ(walked.tcp_info->has_heard_peer, asked.tcp_info->has_heard_peer);
  EXPECT_EQ(walked.tcp_info->retransmission, asked.tcp_info->retransmission);
  EXPECT_EQ(walked.tcp_info->traffic, asked.tcp_info->traffic);
  EXPECT_NEAR(static_cast<double>(walked.tcp_info->since_last_ack_received->count()),
              static_cast<double>(asked.tcp_info->since_last_ack_received->count()), 2'000);
  EXPECT_NEAR(static_cast<double>(walked.tcp_info->idle->count()),
              static_cast<double>(asked.tcp_info->idle->count()), 2'000);
}

// Sockets in many states: what each of them needs stays open as long as this lives.
class Zoo {
 public:
  Zoo() {
    moved_.Send(5'000);
    moved_.Read(3'000);
    close(std::exchange(time_wait_.client, -1));
    time_wait_.WaitFor(POLLIN);
    close(std::exchange(time_wait_.server, -1));
    close(std::exchange(close_wait_.client, -1));  // FIN-WAIT-2 as a mini-socket, and CLOSE-WAIT
    shutdown(half_closed_.client, SHUT_WR);        // FIN-WAIT-2 as a full socket
    WaitForFinWait2(half_closed_.client);          // the ACK of a FIN may come late
    const int yes = 1;
    for (const int family : {AF_INET, AF_INET6}) {
      const int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
      if (family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof(yes));
      const int wait_s = 60;
      setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &wait_s, sizeof(wait_s));
      EXPECT_EQ(listen(fd, 3), 0);
      files_.fds.push_back(fd);
      ConnectTo(fd, family, 2);  // stays in SYN-RECV until data comes
    }
    const int dual_stack = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(listen(dual_stack, 3), 0);
    files_.fds.push_back(dual_stack);
    ConnectTo(dual_stack, AF_INET, 2);
    ConnectTo(dual_stack, AF_INET6, 1);
  }

 private:
  static void WaitForFinWait2(int fd) {
    constexpr int kMostLooks = 10'000;
    tcp_info info{};
    for (int look = 0; look < kMostLooks && info.tcpi_state != TCP_FIN_WAIT2; ++look) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      socklen_t size = sizeof(info);
      ASSERT_EQ(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size), 0);
    }
    EXPECT_EQ(info.tcpi_state, TCP_FIN_WAIT2);
  }

  void ConnectTo(int listener, int family, int times) {
    sockaddr_in6 bound{};
    socklen_t size = sizeof(bound);
    EXPECT_EQ(getsockname(listener, reinterpret_cast<sockaddr*>(&bound), &size), 0);
    sockaddr_in ipv4{};
    ipv4.sin_family = AF_INET;
    ipv4.sin_port = bound.sin6_port;
    ipv4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sockaddr_in6 ipv6{};
    ipv6.sin6_family = AF_INET6;
    ipv6.sin6_port = bound.sin6_port;
    ipv6.sin6_addr = in6addr_loopback;
    const auto* address =
        family == AF_INET ? reinterpret_cast<sockaddr*>(&ipv4) : reinterpret_cast<sockaddr*>(&ipv6);
    for (int i = 0; i < times; ++i) {
      const int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
      EXPECT_EQ(connect(fd, address, family == AF_INET ? sizeof(ipv4) : sizeof(ipv6)), 0);
      files_.fds.push_back(fd);
    }
  }

  TcpPair moved_;
  TcpPair time_wait_;
  TcpPair close_wait_;
  TcpPair half_closed_;
  OpenFiles files_;
};

// What both sources see while nothing changes.
struct Sight {
  std::map<Place, SocketRecord> walked;
  std::map<Place, SocketRecord> asked;
};

bool IsUnchanged(const std::map<Place, SocketRecord>& before,
                 const std::map<Place, SocketRecord>& after) {
  return std::ranges::equal(before, after, [](const auto& one, const auto& other) {
    const auto traffic = [](const SocketRecord& record) {
      return record.tcp_info ? record.tcp_info->traffic : std::nullopt;
    };
    return one.first == other.first && traffic(one.second) == traffic(other.second);
  });
}

// The last ACKs may still be on their way.
Sight LookWhileNothingChanges(SocketSource& walk, SocketSource& inet_diag) {
  constexpr int kMostAttempts = 200;
  for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
    const auto before = ByPlace(ReadAll(inet_diag));
    Sight sight{.walked = ByPlace(ReadAll(walk)), .asked = ByPlace(ReadAll(inet_diag))};
    if (IsUnchanged(before, sight.asked)) return sight;
  }
  ADD_FAILURE() << "the sockets never come to rest";
  return {};
}

TEST_F(KernelWalkTest, SeesWhatInetDiagSees) {
  const Zoo zoo;
  const auto [walked, asked] = LookWhileNothingChanges(*walk_, inet_diag_);
  std::map<TcpState, int> states;
  for (const auto& [place, record] : asked) {
    const auto found = walked.find(place);
    if (found == walked.end()) {
      ADD_FAILURE() << "not walked: " << record.local.ToString() << ' ' << record.remote.ToString()
                    << ' ' << Name(record.state);
      continue;
    }
    ExpectSame(found->second, record);
    ++states[record.state];
  }
  EXPECT_EQ(walked.size(), asked.size());
  for (const TcpState state : {TcpState::kEstablished, TcpState::kSynRecv, TcpState::kTimeWait,
                               TcpState::kFinWait2, TcpState::kCloseWait, TcpState::kListen}) {
    EXPECT_GT(states[state], 0) << Name(state);
  }
  EXPECT_EQ(walk_->stats().overrun_buckets, 0U);
  EXPECT_EQ(walk_->stats().faulted_records, 0U);
  EXPECT_GT(walk_->stats().longest_run.count(), 0);
}

// A walk reads the clock once. A socket that is used later has not been idle for 2^32 ticks.
TEST_F(KernelWalkTest, ASocketThatIsUsedMeanwhileIsNotIdle) {
  constexpr int kWalks = 5'000;  // the clock ticks during some of them
  constexpr std::chrono::hours kLongerThanThisTest{1};
  const TcpPair pair;
  std::atomic<bool> is_over = false;
  std::thread user([&] {
    while (!is_over) {
      pair.Send(1);
      pair.Read(1);
    }
  });
  const DumpQuery query{.states = {TcpState::kEstablished}, .tcp_info = true};
  for (int i = 0; i < kWalks && !HasFailure(); ++i) {
    for (const SocketRecord& record : ReadAll(*walk_, query)) {
      const TcpInfo info = record.tcp_info.value_or(TcpInfo{});
      EXPECT_LT(info.idle, kLongerThanThisTest);
      EXPECT_LT(info.since_last_ack_received, kLongerThanThisTest);
      EXPECT_LT(info.traffic.value_or(TcpTraffic{}).busy, kLongerThanThisTest);
    }
  }
  is_over = true;
  user.join();
}

// The kernel gives a cookie when somebody asks. Nobody has, before the walk.
TEST_F(KernelWalkTest, GivesCookies) {
  const TcpPair pair;
  ReadAll(*walk_);
  EXPECT_GE(walk_->stats().cookies_given, 2U);
  const auto given = walk_->stats().cookies_given;
  ReadAll(*walk_);
  EXPECT_EQ(walk_->stats().cookies_given, given);
}

// More than one run reads, and cookies are given in the middle of the first one.
TEST_F(KernelWalkTest, ReadsEachOfManyListenersOnce) {
  constexpr std::size_t kMade = WALK_RECORDS + 200;
  rlimit files{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &files), 0);
  files.rlim_cur = files.rlim_max;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &files), 0);
  const auto before = walk_->stats().cookies_given;
  const Listeners made(kMade);
  std::map<std::uint16_t, int> times;
  for (const SocketRecord& record : ReadAll(*walk_, {.states = {TcpState::kListen}})) {
    if (record.net_cookie == 0) ++times[record.local.port];
  }
  ASSERT_EQ(made.ports().size(), kMade);
  for (const std::uint16_t port : made.ports()) EXPECT_EQ(times[port], 1);
  EXPECT_GE(walk_->stats().cookies_given, before + kMade);
}

TEST_F(KernelWalkTest, WritesOnlyTheStatesAskedFor) {
  const Zoo zoo;
  const auto records = ReadAll(*walk_, {.states = {TcpState::kSynRecv, TcpState::kSynSent}});
  EXPECT_GE(records.size(), 4U);
  for (const SocketRecord& record : records) {
    EXPECT_TRUE(record.state == TcpState::kSynRecv || record.state == TcpState::kSynSent);
  }
  for (const SocketRecord& record : ReadAll(*walk_, {.states = {TcpState::kListen}})) {
    EXPECT_EQ(record.state, TcpState::kListen);
  }
}

// An event loop watches the dumps of several tiers at once, and takes each descriptor only once.
TEST_F(KernelWalkTest, DumpsHaveDescriptorsOfTheirOwn) {
  const auto one = walk_->Open(kEverything);
  const auto other = walk_->Open({.states = {TcpState::kSynSent}});
  ASSERT_TRUE(one && other);
  EXPECT_NE((*one)->fd(), (*other)->fd());
  pollfd ready = {(*one)->fd(), POLLIN, 0};
  EXPECT_EQ(poll(&ready, 1, 0), 1);
}

// More than one run lists.
TEST_F(KernelWalkTest, ListsEachNetworkNamespaceOnce) {
  constexpr std::size_t kMade = WALK_LISTED + 44;
  const NewNamespaces made(kMade);
  ASSERT_EQ(made.inodes().size(), kMade);
  const auto listed = walk_->ReadNamespaces();
  ASSERT_TRUE(listed) << listed.error().context;
  std::map<std::uint64_t, int> times;  // by inode
  for (const NamespaceFacts& each : *listed) ++times[each.inode];
  for (const std::uint64_t inode : made.inodes()) EXPECT_EQ(times[inode], 1);
}

// Namespaces that are made in one with this setting get tables of their own, but what is made in
// those shares the host's again.
TEST(KernelWalkTablesTest, TheSharedTableIsWalkedWhoeverEnds) {
  const OwnNetwork parent;
  std::ofstream("/proc/sys/net/ipv4/tcp_child_ehash_entries") << 256;
  const OwnNetwork network;
  auto passing = std::make_unique<NewNamespaces>(3);
  InetDiagCookies cookies;
  auto walk = OpenKernelWalk(KeepaliveTime(), cookies);
  auto watch = OpenKernelWalk(KeepaliveTime(), cookies);
  if (!walk || !watch) CONNWATCH_CANNOT_RUN(walk ? watch.error().context : walk.error().context);
  const TcpPair pair;
  const auto inodes = passing->inodes();
  ASSERT_EQ(inodes.size(), 3U);
  passing.reset();
  const auto is_there = [&](const NamespaceFacts& each) {
    return std::ranges::find(inodes, each.inode) != inodes.end();
  };
  for (bool are_there = true; are_there;) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    const auto listed = (*watch)->ReadNamespaces();
    ASSERT_TRUE(listed) << listed.error().context;
    are_there = std::ranges::any_of(*listed, is_there);
  }
  EXPECT_GE(ByPlace(ReadAll(**walk)).size(), 2U);
}

TEST_F(KernelWalkTest, HasNoDetails) {
  const auto dump = walk_->Open({.details = true});
  ASSERT_FALSE(dump);
  EXPECT_EQ(dump.error().code, EINVAL);
}

}  // namespace
}  // namespace connwatch::kernel_walk_test
