#include "daemon/web/reload_requests.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <thread>

namespace connwatch {
namespace {

TEST(ReloadRequestsTest, BringsTheOutcomeBack) {
  const auto loop = EventLoop::Create().value();
  int reloads = 0;
  const auto requests = ReloadRequests::Create(*loop, [&]() -> Result<void> {
                          loop->Stop();
                          if (++reloads == 1) return Error{0, "f: is wrong"};
                          return {};
                        }).value();
  Result<void> outcome;
  std::thread asking([&] { outcome = requests->Ask(); });
  ASSERT_TRUE(loop->Run());
  asking.join();
  EXPECT_EQ(reloads, 1);
  EXPECT_EQ(outcome.error().context, "f: is wrong");
}

TEST(ReloadRequestsTest, CloseEndsEveryWait) {
  const auto loop = EventLoop::Create().value();
  const auto requests = ReloadRequests::Create(*loop, []() -> Result<void> { return {}; }).value();
  std::atomic<int> refused = 0;
  std::array<std::thread, 4> threads;
  for (std::thread& thread : threads) {
    thread = std::thread([&] {
      const Result<void> outcome = requests->Ask();
      if (!outcome && outcome.error().code == ESHUTDOWN) ++refused;
    });
  }
  requests->Close();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(refused, 4);
  EXPECT_EQ(requests->Ask().error().code, ESHUTDOWN);
}

}  // namespace
}  // namespace connwatch
