// Against the real kernel: no capability is needed for dumps.
#include "netlink/inet_diag_source.h"

#include <gtest/gtest.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/live_test.h"

namespace connwatch::inet_diag_source_test {
namespace {

const DumpQuery kEverything{.tcp_info = true, .socket_memory = true};

// A listening socket on a loopback port of the kernel's choice.
class Listener {
 public:
  explicit Listener(int family) : fd_(socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_storage any{};
    any.ss_family = static_cast<sa_family_t>(family);
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&any), sizeof(any)), 0);
    EXPECT_EQ(listen(fd_, kBacklog), 0);
    sockaddr_in6 bound{};
    socklen_t size = sizeof(bound);
    getsockname(fd_, reinterpret_cast<sockaddr*>(&bound), &size);
    port_ = ntohs(bound.sin6_port);  // at the same place in sockaddr_in
  }
  ~Listener() { close(fd_); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  static constexpr int kBacklog = 7;
  std::uint16_t port() const { return port_; }

 private:
  int fd_;
  std::uint16_t port_ = 0;
};

std::vector<SocketRecord> ReadAll(SocketDump& dump) {
  std::vector<SocketRecord> records;
  while (true) {
    const auto batch = dump.ReadBatch();
    if (!batch) {
      ADD_FAILURE() << batch.error().context;
      return records;
    }
    records.insert(records.end(), batch->records.begin(), batch->records.end());
    if (batch->progress == DumpProgress::kDone) return records;
  }
}

std::vector<SocketRecord> DumpBy(InetDiagSource::Walk walk) {
  auto dump = InetDiagSource(walk).Open(kEverything);
  if (!dump) {
    ADD_FAILURE() << dump.error().context;
    return {};
  }
  return ReadAll(**dump);
}

std::vector<Endpoint> ListenersOn(const std::vector<SocketRecord>& records,
                                  const std::vector<std::uint16_t>& ports) {
  std::vector<Endpoint> found;
  for (const SocketRecord& record : records) {
    const bool is_ours = std::find(ports.begin(), ports.end(), record.local.port) != ports.end();
    if (record.state != TcpState::kListen || !is_ours) continue;
    EXPECT_EQ(record.send_queue, std::uint32_t{Listener::kBacklog});
    found.push_back(record.local);
  }
  std::sort(found.begin(), found.end());
  return found;
}

TEST(InetDiagSourceTest, BothWaysOfWalkingFindTheSame) {
  const Listener ipv4(AF_INET);
  const Listener ipv6(AF_INET6);
  const std::vector<std::uint16_t> ports = {ipv4.port(), ipv6.port()};
  const auto in_one_walk = ListenersOn(DumpBy(InetDiagSource::Walk::kBothFamilies), ports);
  const auto per_family = ListenersOn(DumpBy(InetDiagSource::Walk::kPerFamily), ports);
  ASSERT_EQ(in_one_walk.size(), 2U);
  EXPECT_EQ(in_one_walk[0].address.family(), AddressFamily::kIpv4);
  EXPECT_EQ(in_one_walk[1].address.family(), AddressFamily::kIpv6);
  EXPECT_EQ(in_one_walk, per_family);
}

TEST(InetDiagSourceTest, ListenersComeFirst) {
  const Listener listener(AF_INET);
  const auto records = DumpBy(InetDiagSource::Walk::kBothFamilies);
  ASSERT_FALSE(records.empty());
  EXPECT_EQ(records.front().state, TcpState::kListen);
}

TEST(InetDiagSourceTest, OneWalkHasTheListenersOfBothFamiliesBeforeAllOthers) {
  const Listener ipv4(AF_INET);
  const Listener ipv6(AF_INET6);
  const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(ipv4.port());
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(connect(client, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  const auto is_listening = [](const SocketRecord& record) {
    return record.state == TcpState::kListen;
  };
  const auto both = DumpBy(InetDiagSource::Walk::kBothFamilies);
  const auto per_family = DumpBy(InetDiagSource::Walk::kPerFamily);
  close(client);
  EXPECT_TRUE(std::ranges::is_partitioned(both, is_listening));
  EXPECT_FALSE(std::ranges::is_partitioned(per_family, is_listening));
}

TEST(InetDiagSourceTest, WhereThereIsNothingToReadItWouldBlock) {
  auto dump = InetDiagSource().Open(kEverything);
  ASSERT_TRUE(dump);
  std::vector<char> taken(std::size_t{64} * 1'024);
  while (recv((*dump)->fd(), taken.data(), taken.size(), MSG_DONTWAIT) > 0) {
  }
  const auto batch = (*dump)->ReadBatch();
  ASSERT_TRUE(batch) << batch.error().context;
  EXPECT_EQ(batch->progress, DumpProgress::kWouldBlock);
  EXPECT_TRUE(batch->records.empty());
}

TEST(InetDiagSourceTest, AnAbandonedDumpDoesNotDisturbTheNext) {
  const Listener listener(AF_INET);
  InetDiagSource source;
  { auto abandoned = source.Open(kEverything); }
  auto dump = source.Open(kEverything);
  ASSERT_TRUE(dump);
  EXPECT_EQ(ListenersOn(ReadAll(**dump), {listener.port()}).size(), 1U);
}

// A forged end of dump from another process. Sending between netlink sockets needs CAP_NET_ADMIN.
TEST(InetDiagSourceTest, IgnoresMessagesThatAreNotTheKernels) {
  const Listener listener(AF_INET);
  auto dump = InetDiagSource().Open(kEverything);
  ASSERT_TRUE(dump);
  sockaddr_nl victim{};
  socklen_t size = sizeof(victim);
  ASSERT_EQ(getsockname((*dump)->fd(), reinterpret_cast<sockaddr*>(&victim), &size), 0);

  struct {
    nlmsghdr header;
    int status;
  } forged{{sizeof(forged), NLMSG_DONE, 0, 1, victim.nl_pid}, 0};
  const int forger = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
  const ssize_t sent = sendto(forger, &forged, sizeof(forged), 0,
                              reinterpret_cast<sockaddr*>(&victim), sizeof(victim));
  close(forger);
  if (sent < 0) CONNWATCH_CANNOT_RUN("not permitted to send to another netlink socket");
  EXPECT_EQ(ListenersOn(ReadAll(**dump), {listener.port()}).size(), 1U);
  // Had the forged end been believed, the kernel's own would still be waiting.
  char rest = 0;
  EXPECT_EQ(recv((*dump)->fd(), &rest, sizeof(rest), MSG_DONTWAIT), -1);
}

}  // namespace
}  // namespace connwatch::inet_diag_source_test
