#include "netlink/filter_bytecode.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/inet_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "netlink/inet_diag_source.h"
#include "netlink/load_at.h"

namespace connwatch::filter_bytecode_test {
namespace {

IpPrefix Prefix(std::string_view text) { return IpPrefix::Parse(text).value(); }

// A connection over loopback with both its ends; the listener is an IPv6 socket, so that IPv4 comes
// in v4-mapped form on one side.
class Connection {
 public:
  explicit Connection(int family) : listener_(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int off = 0;  // whatever net.ipv6.bindv6only is
    EXPECT_EQ(setsockopt(listener_, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)), 0);
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listener_, 1), 0);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin6_port);
    client_ = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int failure = family == AF_INET ? ConnectIpv4() : ConnectIpv6();
    EXPECT_EQ(failure, 0);
    if (failure == 0) server_ = accept(listener_, nullptr, nullptr);  // it would wait for ever
  }
  ~Connection() {
    for (const int fd : {client_, server_, listener_}) close(fd);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  std::uint16_t port() const { return port_; }
  /// Of the listener and both ends.
  std::vector<std::uint64_t> Cookies() const {
    std::vector<std::uint64_t> cookies;
    for (const int fd : {client_, server_, listener_}) {
      std::uint64_t cookie = 0;
      socklen_t size = sizeof(cookie);
      EXPECT_EQ(getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &size), 0);
      cookies.push_back(cookie);
    }
    return cookies;
  }

 private:
  int ConnectIpv4() const {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return connect(client_, reinterpret_cast<sockaddr*>(&address), sizeof(address));
  }
  int ConnectIpv6() const {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(port_);
    address.sin6_addr = in6addr_loopback;
    return connect(client_, reinterpret_cast<sockaddr*>(&address), sizeof(address));
  }

  int listener_;
  int client_ = -1;
  int server_ = -1;
  std::uint16_t port_ = 0;
};

std::vector<SocketRecord> DumpWith(const EndpointFilter& filter, InetDiagSource::Walk walk) {
  std::vector<SocketRecord> records;
  auto dump = InetDiagSource(walk).Open({.endpoints = filter});
  EXPECT_TRUE(dump);
  while (dump) {
    const auto batch = (*dump)->ReadBatch();
    if (!batch) ADD_FAILURE() << batch.error().context;
    if (!batch) break;
    records.insert(records.end(), batch->records.begin(), batch->records.end());
    if (batch->progress == DumpProgress::kDone) break;
  }
  return records;
}

// Those with one of these cookies, as text: other sockets of the host come and go.
std::set<std::string> Ours(const std::vector<SocketRecord>& records,
                           const std::vector<std::uint64_t>& cookies) {
  std::set<std::string> ours;
  for (const SocketRecord& record : records) {
    if (std::ranges::count(cookies, record.cookie) == 0) continue;
    ours.insert(std::string(Name(record.state)) + " " + record.local.ToString() + " " +
                record.remote.ToString());
  }
  return ours;
}

TEST(FilterBytecodeTest, NoConditionNoProgram) { EXPECT_TRUE(BuildFilterBytecode({}).empty()); }

TEST(FilterBytecodeTest, EveryConditionJumpsBehindTheEndWhereItFails) {
  const auto program = BuildFilterBytecode({.local_ports = PortRange{80, 443},
                                            .remote_ports = PortRange{1, 2},
                                            .local_addresses = Prefix("10.0.0.0/8"),
                                            .remote_addresses = Prefix("2001:db8::/32")});
  std::vector<int> codes;
  std::size_t offset = 0;
  while (offset < program.size()) {
    const auto operation = LoadAt<inet_diag_bc_op>(program, offset);
    ASSERT_TRUE(operation);
    codes.push_back(operation->code);
    EXPECT_EQ(offset + operation->no, program.size() + sizeof(inet_diag_bc_op));
    offset += operation->yes;
  }
  EXPECT_EQ(offset, program.size());
  EXPECT_THAT(codes,
              testing::ElementsAre(INET_DIAG_BC_S_GE, INET_DIAG_BC_S_LE, INET_DIAG_BC_D_GE,
                                   INET_DIAG_BC_D_LE, INET_DIAG_BC_S_COND, INET_DIAG_BC_D_COND));
}

// What the kernel leaves in is what Matches says of an unfiltered dump, v4-mapped sockets included.
TEST(FilterBytecodeTest, TheKernelAgreesWithMatches) {
  const Connection ipv4(AF_INET);
  const Connection ipv6(AF_INET6);
  std::vector<std::uint64_t> cookies = ipv4.Cookies();
  std::ranges::copy(ipv6.Cookies(), std::back_inserter(cookies));
  const PortRange first{ipv4.port(), ipv4.port()};
  const PortRange both{std::min(ipv4.port(), ipv6.port()), std::max(ipv4.port(), ipv6.port())};
  const std::vector<EndpointFilter> filters = {
      {},
      {.local_ports = first},
      {.remote_ports = first},
      {.local_ports = both},
      {.remote_ports = both},
      {.local_ports = PortRange{1, 1}, .remote_ports = first},
      {.local_addresses = Prefix("127.0.0.1")},
      {.remote_addresses = Prefix("127.0.0.0/8")},
      {.remote_addresses = Prefix("0.0.0.0/0")},
      {.remote_addresses = Prefix("::1")},
      {.remote_ports = both, .local_addresses = Prefix("::/0")},
      {.local_ports = first,
       .local_addresses = Prefix("127.0.0.1"),
       .remote_addresses = Prefix("127.0.0.0/30")},
      {.local_addresses = Prefix("192.0.2.0/24")}};
  for (const auto walk : {InetDiagSource::Walk::kBothFamilies, InetDiagSource::Walk::kPerFamily}) {
    auto all = DumpWith({}, walk);
    ASSERT_EQ(Ours(all, cookies).size(), 6U) << "two listeners and four ends";
    for (const EndpointFilter& filter : filters) {
      auto expected = all;
      std::erase_if(expected, [&](const auto& record) { return !filter.Matches(record); });
      auto found = DumpWith(filter, walk);
      if (filter.local_addresses != Prefix("::/0")) {
        EXPECT_TRUE(
            std::ranges::all_of(found, [&](const auto& record) { return filter.Matches(record); }));
      }
      // To the kernel a v4-mapped address is one of ::/0, to us it is not.
      std::erase_if(found, [&](const auto& record) { return !filter.Matches(record); });
      EXPECT_EQ(Ours(found, cookies), Ours(expected, cookies));
    }
  }
}

}  // namespace
}  // namespace connwatch::filter_bytecode_test
