#include "daemon/process/service_notice.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/reports.h"
#include "tests/support/scratch_directory.h"

namespace connwatch::service_notice_test {
namespace {

// The socket of a service manager.
class ServiceNoticeTest : public testing::Test {
 protected:
  ServiceNoticeTest() {
    fd_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(sa_family_t)), 0);
    socklen_t size = sizeof(address);  // the kernel has chosen an abstract name
    EXPECT_EQ(getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    const std::size_t length = size - offsetof(sockaddr_un, sun_path) - 1;
    setenv("NOTIFY_SOCKET", ("@" + std::string(address.sun_path + 1, length)).c_str(), 1);
    notice_.emplace();
  }
  void TearDown() override {
    unsetenv("NOTIFY_SOCKET");
    close(fd_);
  }

  // Fills the queue of the socket, as if the service manager stood still.
  void FillQueue() const {
    const NotifySocket other;
    while (other.Send("X=1")) {
    }
  }

  std::vector<std::string> Received() const {
    std::vector<std::string> messages;
    std::array<char, 1024> buffer{};
    for (;;) {
      const ssize_t size = recv(fd_, buffer.data(), buffer.size(), 0);
      if (size < 0) return messages;
      messages.emplace_back(buffer.data(), static_cast<std::size_t>(size));
    }
  }

  // What has come beside that.
  std::vector<std::string> ReceivedAtLast() const {
    std::vector<std::string> messages = Received();
    std::erase(messages, "X=1");
    return messages;
  }

  std::optional<ServiceNotice> notice_;

 private:
  int fd_ = -1;
};

TEST_F(ServiceNoticeTest, IsReadyOnce) {
  notice_->Ready();
  notice_->Ready();
  EXPECT_EQ(Received(), std::vector<std::string>({"READY=1"}));
}

TEST_F(ServiceNoticeTest, IsReadyAgainAfterReloading) {
  notice_->Ready();
  notice_->Reloading(std::chrono::seconds(7));
  notice_->Reloaded();
  EXPECT_EQ(Received(), std::vector<std::string>(
                            {"READY=1", "RELOADING=1\nMONOTONIC_USEC=7000000", "READY=1"}));
}

TEST_F(ServiceNoticeTest, AReloadMakesNobodyReady) {
  notice_->Reloading(std::chrono::seconds(7));
  notice_->Reloaded();
  EXPECT_EQ(Received(), std::vector<std::string>());
}

TEST_F(ServiceNoticeTest, SaysTheStatusWhenItChanges) {
  for (const char* text : {"one", "one", "two"}) notice_->Status(text);
  notice_->Stopping();
  EXPECT_EQ(Received(), std::vector<std::string>({"STATUS=one", "STATUS=two", "STOPPING=1"}));
}

TEST_F(ServiceNoticeTest, NeverWaitsAndSendsAgainWhatMatters) {
  FillQueue();
  notice_->Ready();
  notice_->Status("one");
  notice_->Status("two");
  notice_->Beat(TestInstant(1).monotonic);
  EXPECT_EQ(ReceivedAtLast(), std::vector<std::string>());
  notice_->Beat(TestInstant(2).monotonic);
  notice_->Beat(TestInstant(3).monotonic);
  EXPECT_EQ(Received(), std::vector<std::string>({"READY=1", "STATUS=two"}));
}

TEST_F(ServiceNoticeTest, TellsManyReloadsThatNobodyHeardOfAsOne) {
  FillQueue();
  notice_->Ready();
  for (int i = 1; i <= 1'000; ++i) {
    notice_->Reloading(std::chrono::seconds(i));
    notice_->Status(std::to_string(i));
    notice_->Reloaded();
  }
  Received();
  notice_->Beat(TestInstant(1).monotonic);
  EXPECT_EQ(Received(),
            std::vector<std::string>(
                {"READY=1", "RELOADING=1\nMONOTONIC_USEC=1000000000", "READY=1", "STATUS=1000"}));
}

TEST_F(ServiceNoticeTest, TheEndOfAReloadIsNeverToldBeforeItsBegin) {
  notice_->Ready();
  notice_->Reloading(std::chrono::seconds(1));
  FillQueue();
  notice_->Reloaded();
  notice_->Reloading(std::chrono::seconds(2));
  Received();
  notice_->Reloaded();
  EXPECT_EQ(Received(), std::vector<std::string>(
                            {"READY=1", "RELOADING=1\nMONOTONIC_USEC=2000000", "READY=1"}));
}

TEST_F(ServiceNoticeTest, AnswersTheWatchdogOftenEnough) {
  setenv("WATCHDOG_USEC", "6000000", 1);
  notice_.emplace();
  unsetenv("WATCHDOG_USEC");
  const std::vector<std::string> answer = {"WATCHDOG=1"};
  notice_->Beat(TestInstant(10).monotonic);
  EXPECT_EQ(Received(), answer);
  notice_->Beat(TestInstant(11).monotonic);
  EXPECT_EQ(Received(), std::vector<std::string>());
  FillQueue();
  notice_->Beat(TestInstant(12).monotonic);
  EXPECT_EQ(ReceivedAtLast(), std::vector<std::string>());
  notice_->Beat(TestInstant(13).monotonic);
  EXPECT_EQ(Received(), answer) << "an answer that was not taken is due at the next beat";
}

TEST_F(ServiceNoticeTest, SaysNothingWithoutAServiceManager) {
  for (const char* name : {"", "/", "@", "relative", "/nonexistent/socket"}) {
    setenv("NOTIFY_SOCKET", name, 1);
    ServiceNotice notice;
    notice.Ready();
    notice.Stopping();
  }
  EXPECT_EQ(Received(), std::vector<std::string>());
}

TEST_F(ServiceNoticeTest, ThePathOfASocketMayFillTheAddress) {
  const ScratchDirectory scratch;
  constexpr std::size_t kMaxPath = sizeof(sockaddr_un::sun_path) - 1;
  const std::string stem = scratch.PathTo("");
  ASSERT_LT(stem.size(), kMaxPath);
  const std::string path = stem + std::string(kMaxPath - stem.size(), 's');
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, kMaxPath);
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  setenv("NOTIFY_SOCKET", path.c_str(), 1);
  ServiceNotice().Ready();
  std::array<char, 16> buffer{};
  EXPECT_EQ(recv(fd, buffer.data(), buffer.size(), 0), 7);
  close(fd);
}

TEST(DescribeForStatusTest, BeforeTheFirstFullPoll) {
  EXPECT_EQ(DescribeForStatus(EmptyReport()), "no full poll yet");
}

TEST(DescribeForStatusTest, CountsSocketsAndListeners) {
  Snapshot snapshot;
  snapshot.sockets = TestSockets();
  snapshot.listeners.emplace();
  EXPECT_EQ(DescribeForStatus(ReportOf(snapshot)), "3 sockets, 0 listeners");
}

TEST(DescribeForStatusTest, NamesWhatFires) {
  Snapshot snapshot;
  snapshot.sockets = TestSockets();
  Report report = ReportOf(snapshot);
  report.alerts = TestAlerts();
  EXPECT_EQ(DescribeForStatus(report), "3 sockets; firing: SynRecvBacklogGrowth 0.0.0.0:443");
}

TEST(DescribeForStatusTest, NamesThreeOfManyThatFire) {
  AlertList list = *TestAlerts();
  list.alerts.assign(5, list.alerts.front());
  Snapshot snapshot;
  snapshot.sockets = TestSockets();
  Report report = ReportOf(snapshot);
  report.alerts = std::make_shared<const AlertList>(list);
  const std::string one = "SynRecvBacklogGrowth 0.0.0.0:443";
  EXPECT_EQ(DescribeForStatus(report),
            "3 sockets; firing: " + one + ", " + one + ", " + one + " and 2 more");
}

TEST(DescribeForStatusTest, SaysWhatFails) {
  PollHealth health(Tier::kFull, std::chrono::seconds(10));
  health.RecordFailure(TestInstant(1), std::chrono::microseconds(5), Error{1, "no inet_diag"});
  Snapshot snapshot;
  snapshot.polls = {health};
  EXPECT_EQ(DescribeForStatus(ReportOf(snapshot)),
            "full polls fail: no inet_diag; no full poll yet");
}

}  // namespace
}  // namespace connwatch::service_notice_test
