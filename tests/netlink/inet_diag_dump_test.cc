// What a dump does about a kernel that refuses it. The kernel here refuses none, so each test has
// it answer a senseless request instead, which it takes for the answer to its own.
#include "netlink/inet_diag_dump.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <deque>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace connwatch::inet_diag_dump_test {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

const DumpQuery kEverything{.tcp_info = true};

std::unique_ptr<InetDiagDump> Open(std::deque<DumpRequest> walks) {
  auto dump = InetDiagDump::Open(std::move(walks));
  EXPECT_TRUE(dump);
  return std::move(dump).value();
}

std::unique_ptr<InetDiagDump> OpenBothFamilies() {
  return Open({DumpRequest{kEverything, std::nullopt}});
}

// Takes what the kernel has answered, and lets it answer EINVAL to the first request.
void Refuse(const InetDiagDump& dump) {
  std::vector<char> taken(std::size_t{64} * 1'024);
  while (recv(dump.fd(), taken.data(), taken.size(), MSG_DONTWAIT) > 0) {
  }
  struct {
    nlmsghdr header;
    sock_diag_req body;
  } request{{sizeof(request), SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST, 1, 0}, {255, IPPROTO_TCP}};
  ASSERT_EQ(send(dump.fd(), &request, sizeof(request), 0), static_cast<ssize_t>(sizeof(request)));
}

// With a listening socket of each family.
class InetDiagDumpTest : public testing::Test {
 protected:
  InetDiagDumpTest() {
    for (const int listener : {ipv4_, ipv6_}) EXPECT_EQ(listen(listener, 1), 0);
  }
  ~InetDiagDumpTest() override {
    close(ipv4_);
    close(ipv6_);
  }
  InetDiagDumpTest(const InetDiagDumpTest&) = delete;
  InetDiagDumpTest& operator=(const InetDiagDumpTest&) = delete;

  static std::vector<AddressFamily> FamiliesIn(InetDiagDump& dump) {
    std::vector<AddressFamily> families;
    while (true) {
      const auto batch = dump.ReadBatch();
      EXPECT_TRUE(batch);
      if (!batch) return families;
      for (const SocketRecord& record : batch->records) families.push_back(record.socket_family);
      if (batch->progress == DumpProgress::kDone) return families;
    }
  }

  const int ipv4_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int ipv6_ = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
};

TEST_F(InetDiagDumpTest, AfterARefusalOfBothFamiliesEachIsAskedForAlone) {
  const auto dump = OpenBothFamilies();
  Refuse(*dump);
  const auto refused = dump->ReadBatch();
  ASSERT_TRUE(refused) << refused.error().context;
  EXPECT_TRUE(refused->records.empty());
  EXPECT_EQ(refused->progress, DumpProgress::kMore);
  EXPECT_THAT(FamiliesIn(*dump),
              AllOf(Contains(AddressFamily::kIpv4), Contains(AddressFamily::kIpv6)));
}

TEST_F(InetDiagDumpTest, WhereAFamilyIsRefusedTheModuleIsMissing) {
  const auto dump = Open(InetDiagDump::PerFamily(kEverything));
  Refuse(*dump);
  const auto refused = dump->ReadBatch();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, EINVAL);
  EXPECT_THAT(refused.error().context, HasSubstr("is the module tcp_diag loaded?"));
}

TEST_F(InetDiagDumpTest, AKernelThatHasSentRecordsHasTheModule) {
  const auto dump = OpenBothFamilies();
  const auto first = dump->ReadBatch();
  ASSERT_TRUE(first);
  ASSERT_FALSE(first->records.empty());
  Refuse(*dump);
  const auto failed = dump->ReadBatch();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, EINVAL);
  EXPECT_THAT(failed.error().context, Not(HasSubstr("module")));
}

// What the kernel tells a group would stand between the records.
TEST_F(InetDiagDumpTest, IsBoundButJoinsNoGroup) {
  const auto dump = OpenBothFamilies();
  sockaddr_nl address{};
  socklen_t size = sizeof(address);
  ASSERT_EQ(getsockname(dump->fd(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  EXPECT_NE(address.nl_pid, 0U);
  EXPECT_EQ(address.nl_groups, 0U);
}

TEST_F(InetDiagDumpTest, AFailureToReadIsAnError) {
  const auto dump = OpenBothFamilies();
  const int no_socket = open("/dev/null", O_RDONLY | O_CLOEXEC);
  ASSERT_EQ(dup3(no_socket, dump->fd(), O_CLOEXEC), dump->fd());
  close(no_socket);
  const auto batch = dump->ReadBatch();
  ASSERT_FALSE(batch);
  EXPECT_EQ(batch.error().code, ENOTSOCK);
  EXPECT_THAT(batch.error().context, HasSubstr("socket dump (inet_diag): receive"));
}

}  // namespace
}  // namespace connwatch::inet_diag_dump_test
