// Over real loopback connections.
#include "exporters/server/acceptor.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/base/mutex.h"
#include "exporters/http/client_address.h"
#include "exporters/server/listening_socket.h"
#include "tests/support/loopback_client.h"

namespace connwatch::acceptor_test {
namespace {

using testing::HasSubstr;

// Waits for at most ten seconds.
void WaitFor(const std::function<bool()>& condition, const char* what) {
  for (int i = 0; i < 2'000 && !condition(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_TRUE(condition()) << what;
}

// The free descriptor that has `before` other free ones below it.
int FreeDescriptor(int before) {
  int fd = 0;
  while (fcntl(fd, F_GETFD) >= 0 || before-- > 0) ++fd;
  return fd;
}

// Limits the descriptors of this process while it lives.
class DescriptorLimit {
 public:
  explicit DescriptorLimit(int count) {
    getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit limit = {static_cast<rlim_t>(count), before_.rlim_max};
    EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
  }
  ~DescriptorLimit() { setrlimit(RLIMIT_NOFILE, &before_); }
  DescriptorLimit(const DescriptorLimit&) = delete;
  DescriptorLimit& operator=(const DescriptorLimit&) = delete;

  // With the result as limit, clients get descriptors below `first`.
  static int That(int first) {
    constexpr int kReserve = 32;
    return first <= kReserve ? 2 * first : first + kReserve;
  }

 private:
  rlimit before_{};
};

// Keeps what was accepted.
class AcceptorTest : public testing::Test {
 protected:
  void TearDown() override {
    acceptor_.reset();
    const MutexLock lock(mutex_);
    for (const AcceptedConnection& connection : taken_) close(connection.fd);
  }

  void Start(std::size_t places) {
    auto created = Acceptor::Create(
        socket_.Release(),
        {.places = places,
         .take = [this](const AcceptedConnection& connection) { return Take(connection); },
         .on_shortage =
             [this](const Error& why, bool is_new) {
               const MutexLock lock(mutex_);
               ++requests_for_room_;
               if (is_new) shortages_.push_back(why.context);
             }});
    ASSERT_TRUE(created) << created.error().context;
    acceptor_ = std::move(created).value();
    const Result<void> started = acceptor_->Start();
    ASSERT_TRUE(started) << started.error().context;
  }

  bool Take(const AcceptedConnection& connection) {
    const MutexLock lock(mutex_);
    if (refuses_) {
      close(connection.fd);
      ++refused_;
      return false;
    }
    taken_.push_back(connection);
    return true;
  }

  void EndOne() {
    {
      const MutexLock lock(mutex_);
      close(taken_.back().fd);
      taken_.pop_back();
    }
    acceptor_->GiveBack();
  }

  std::size_t taken() {
    const MutexLock lock(mutex_);
    return taken_.size();
  }

  std::vector<std::string> shortages() {
    const MutexLock lock(mutex_);
    return shortages_;
  }

  int requests_for_room() {
    const MutexLock lock(mutex_);
    return requests_for_room_;
  }

  std::unique_ptr<LoopbackClient> Connect() const {
    return std::make_unique<LoopbackClient>(socket_.port());
  }

  ListeningSocket socket_ = ListeningSocket::Open({"127.0.0.1", 0, {}}).value();
  Mutex mutex_;
  std::vector<AcceptedConnection> taken_ CONNWATCH_GUARDED_BY(mutex_);
  int requests_for_room_ CONNWATCH_GUARDED_BY(mutex_) = 0;
  std::vector<std::string> shortages_ CONNWATCH_GUARDED_BY(mutex_);
  bool refuses_ CONNWATCH_GUARDED_BY(mutex_) = false;
  int refused_ CONNWATCH_GUARDED_BY(mutex_) = 0;
  std::unique_ptr<Acceptor> acceptor_;
};

TEST_F(AcceptorTest, HandsOverConnectionsWithTheirAddress) {
  Start(10);
  const auto client = Connect();
  WaitFor([&] { return taken() == 1; }, "the client is accepted");
  const MutexLock lock(mutex_);
  const AcceptedConnection& connection = taken_.front();
  EXPECT_EQ(ClientAddress(reinterpret_cast<const sockaddr*>(&connection.address)), "127.0.0.1");
  EXPECT_EQ(connection.address_size, sizeof(sockaddr_in));
  EXPECT_NE(fcntl(connection.fd, F_GETFL) & O_NONBLOCK, 0);
  EXPECT_EQ(fcntl(connection.fd, F_GETFD), FD_CLOEXEC);
}

TEST_F(AcceptorTest, WhoFindsNoPlaceWaitsUntilAnotherEnds) {
  Start(2);
  std::array<std::unique_ptr<LoopbackClient>, 5> clients;
  for (auto& client : clients) client = Connect();
  for (std::size_t ended = 0; ended < 3; ++ended) {
    WaitFor([&] { return taken() == 2; }, "both places are taken");
    EndOne();
  }
  WaitFor([&] { return taken() == 2; }, "the last two have a place");
  EXPECT_TRUE(shortages().empty());
}

TEST_F(AcceptorTest, AConnectionMayEndBeforeStartHasReturned) {
  const auto client = Connect();
  std::atomic<int> taken = 0;
  auto created =
      Acceptor::Create(socket_.Release(), {.places = 1,
                                           .take =
                                               [&](const AcceptedConnection& connection) {
                                                 close(connection.fd);
                                                 acceptor_->GiveBack();
                                                 ++taken;
                                                 return true;
                                               },
                                           .on_shortage = {}});
  ASSERT_TRUE(created) << created.error().context;
  acceptor_ = std::move(created).value();
  ASSERT_TRUE(acceptor_->Start());
  WaitFor([&] { return taken == 1; }, "the client is accepted");
  EXPECT_EQ(client->ReadToEnd(), "");
}

TEST_F(AcceptorTest, AConnectionThatIsNotTakenNeedsNoPlace) {
  {
    const MutexLock lock(mutex_);
    refuses_ = true;
  }
  Start(1);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Connect()->ReadToEnd(), "");
  const MutexLock lock(mutex_);
  EXPECT_EQ(refused_, 3);
}

TEST_F(AcceptorTest, WithoutADescriptorForClientsAClientWaits) {
  std::array<std::unique_ptr<LoopbackClient>, 3> clients;
  for (auto& client : clients) client = Connect();
  // One for the acceptor itself, and two for clients.
  const DescriptorLimit limit(DescriptorLimit::That(FreeDescriptor(3)));
  Start(10);
  WaitFor([&] { return shortages().size() == 1; }, "the shortage is told");
  EXPECT_EQ(taken(), 2U);
  EXPECT_THAT(shortages().front(), HasSubstr("Too many open files"));
  EndOne();
  WaitFor([&] { return taken() == 2; }, "the third is accepted when a descriptor is free");
  const MutexLock lock(mutex_);
  for (const AcceptedConnection& connection : taken_) {
    EXPECT_LT(connection.fd, FirstDescriptorNotForClients());
  }
  EXPECT_EQ(shortages_.size(), 1U) << "it is told once";
}

TEST_F(AcceptorTest, WithoutAnyDescriptorAClientWaitsInTheKernel) {
  Start(1);
  const auto client = Connect();
  WaitFor([&] { return taken() == 1; }, "it is accepted");
  const auto waiting = Connect();
  {
    const DescriptorLimit limit(FreeDescriptor(0));
    acceptor_->GiveBack();
    WaitFor([&] { return requests_for_room() >= 2; }, "it asks for room again and again");
    EXPECT_EQ(shortages().size(), 1U) << "it is told once";
    EXPECT_EQ(taken(), 1U);
  }
  WaitFor([&] { return taken() == 2; }, "it is accepted when the limit is higher");
}

TEST_F(AcceptorTest, EachShortageIsTold) {
  Start(10);
  std::vector<std::unique_ptr<LoopbackClient>> clients;
  for (std::size_t i = 1; i <= 2; ++i) {
    const DescriptorLimit limit(DescriptorLimit::That(FreeDescriptor(0) + 1));
    clients.push_back(Connect());  // its own descriptor is the last one
    WaitFor([&] { return shortages().size() == i; }, "the shortage is told");
    clients.back().reset();
    WaitFor([&] { return taken() == i; }, "the descriptor is free again");
  }
}

TEST_F(AcceptorTest, TheReserveIsAtMostHalfOfTheLimit) {
  const DescriptorLimit limit(50);
  EXPECT_EQ(FirstDescriptorNotForClients(), 25);
}

TEST_F(AcceptorTest, StopsWhileItWaitsForAClient) {
  Start(10);
  acceptor_->Stop();
  const auto client = Connect();
  EXPECT_EQ(taken(), 0U);
}

TEST_F(AcceptorTest, StopsWhileItWaitsForAPlace) {
  Start(1);
  const auto client = Connect();
  const auto waiting = Connect();
  WaitFor([&] { return taken() == 1; }, "the first is accepted");
  acceptor_->Stop();
  EXPECT_EQ(taken(), 1U);
}

TEST_F(AcceptorTest, StopsWhileItWaitsForADescriptor) {
  const auto client = Connect();
  const DescriptorLimit limit(DescriptorLimit::That(FreeDescriptor(0) + 1));
  Start(10);
  WaitFor([&] { return shortages().size() == 1; }, "the shortage is told");
  acceptor_->Stop();
  EXPECT_EQ(taken(), 0U);
  acceptor_.reset();
  EXPECT_EQ(client->ReadToEnd(), "") << "its connection is closed";
}

}  // namespace
}  // namespace connwatch::acceptor_test
