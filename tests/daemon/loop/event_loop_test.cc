#include "daemon/loop/event_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string>
#include <vector>

#include "monitor/clock.h"

namespace connwatch::event_loop_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class EventLoopTest : public testing::Test {
 protected:
  LoopRegistration At(MonotonicTime when, Priority priority, EventLoop::Callback callback) {
    return loop_->At(when, priority, std::move(callback)).value();
  }

  std::unique_ptr<EventLoop> loop_ = EventLoop::Create().value();
  std::vector<std::string> order_;
};

TEST_F(EventLoopTest, WhatIsDueAtOnceGoesByPriority) {
  const MonotonicTime past = Now().monotonic;
  const auto last = At(past, PriorityOf(Tier::kFull), [this] {
    order_.emplace_back("full");
    loop_->Stop();
  });
  const auto third =
      At(past, PriorityOf(Tier::kHandshakes), [this] { order_.emplace_back("handshakes"); });
  const auto second = At(past, Priority::kDestroyEvents, [this] { order_.emplace_back("events"); });
  const auto first =
      At(past, PriorityOf(Tier::kListeners), [this] { order_.emplace_back("listeners"); });
  ASSERT_TRUE(loop_->Run());
  EXPECT_THAT(order_, ElementsAre("listeners", "events", "handshakes", "full"));
}

TEST_F(EventLoopTest, ATimerIsCalledOnceAndNotBeforeItsTime) {
  const MonotonicTime due = Now().monotonic + std::chrono::milliseconds(20);
  MonotonicTime called;
  int calls = 0;
  const auto timer = At(due, Priority::kHousekeeping, [&] {
    called = Now().monotonic;
    ++calls;
  });
  const auto end =
      At(due + std::chrono::milliseconds(20), Priority::kHousekeeping, [this] { loop_->Stop(); });
  ASSERT_TRUE(loop_->Run());
  EXPECT_EQ(calls, 1);
  EXPECT_GE(called, due);
}

TEST_F(EventLoopTest, ADescriptorIsToldAsLongAsItIsReadable) {
  const int fd = eventfd(1, EFD_CLOEXEC);
  int calls = 0;
  const auto readable = loop_->OnReadable(fd, Priority::kHousekeeping, [&] {
    if (++calls == 3) loop_->Stop();
  });
  ASSERT_TRUE(readable);
  ASSERT_TRUE(loop_->Run());
  EXPECT_EQ(calls, 3);
  close(fd);
}

TEST_F(EventLoopTest, ARegistrationMayEndWithinItsOwnCallback) {
  const int fd = eventfd(1, EFD_CLOEXEC);
  int calls = 0;
  LoopRegistration readable = loop_
                                  ->OnReadable(fd, Priority::kDestroyEvents,
                                               [&] {
                                                 ++calls;
                                                 readable = {};
                                               })
                                  .value();
  const auto end = At(Now().monotonic, Priority::kHousekeeping, [this] { loop_->Stop(); });
  ASSERT_TRUE(loop_->Run());
  EXPECT_EQ(calls, 1);
  close(fd);
}

TEST_F(EventLoopTest, WhatIsNoDescriptorIsAnError) {
  const auto readable = loop_->OnReadable(-1, Priority::kHousekeeping, [] {});
  ASSERT_FALSE(readable);
  EXPECT_EQ(readable.error().code, EBADF);
  EXPECT_THAT(readable.error().context, HasSubstr("event loop: add descriptor"));
}

TEST_F(EventLoopTest, ASignalIsACallback) {
  BlockSignals();
  const auto hangup = loop_->OnSignal(SIGHUP, Priority::kReload, [this] { loop_->Stop(); });
  ASSERT_TRUE(hangup);
  raise(SIGHUP);
  EXPECT_TRUE(loop_->Run());
}

TEST_F(EventLoopTest, AFailureEndsTheLoopWithItsError) {
  const auto fails = At(Now().monotonic, Priority::kHousekeeping, [this] {
    loop_->Fail(Error{EIO, "it broke"});
  });
  const Result<void> outcome = loop_->Run();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().context, "it broke");
}

}  // namespace
}  // namespace connwatch::event_loop_test
