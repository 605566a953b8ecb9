#include "daemon/loop/reload_requests.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <thread>

#include "monitor/clock.h"

namespace connwatch::reload_requests_test {
namespace {

using std::chrono::milliseconds;

// So that no other test gets it.
void TakePendingHangup() {
  sigset_t hangup;
  sigemptyset(&hangup);
  sigaddset(&hangup, SIGHUP);
  constexpr timespec kNoWait{};
  sigtimedwait(&hangup, nullptr, &kNoWait);
}

class ReloadRequestsTest : public testing::Test {
 protected:
  void StopAfter(milliseconds time) {
    end_ = loop_->At(Now().monotonic + time, Priority::kHousekeeping, [this] { loop_->Stop(); })
               .value();
  }

  std::unique_ptr<EventLoop> loop_ = EventLoop::Create().value();
  int reloads_ = 0;
  Result<void> outcome_;
  std::function<void()> on_reload_ = [this] { loop_->Stop(); };
  std::unique_ptr<ReloadRequests> requests_ = ReloadRequests::Create(*loop_, [this] {
                                                ++reloads_;
                                                on_reload_();
                                                return outcome_;
                                              }).value();
  LoopRegistration end_;
};

TEST_F(ReloadRequestsTest, BringsTheOutcomeBack) {
  outcome_ = Error{0, "f: is wrong"};
  Result<void> told;
  std::thread asking([&] { told = requests_->Ask(); });
  ASSERT_TRUE(loop_->Run());
  asking.join();
  EXPECT_EQ(reloads_, 1);
  EXPECT_EQ(told.error().context, "f: is wrong");
}

TEST_F(ReloadRequestsTest, OneReloadServesAllThatWait) {
  for (int i = 0; i < 100; ++i) requests_->Request();
  on_reload_ = [this] { StopAfter(milliseconds(20)); };
  ASSERT_TRUE(loop_->Run());
  EXPECT_EQ(reloads_, 1);
}

TEST_F(ReloadRequestsTest, ARequestDuringAReloadIsServedByAnotherOne) {
  on_reload_ = [this] {
    if (reloads_ == 1) requests_->Request();
    if (reloads_ == 2) loop_->Stop();
  };
  requests_->Request();
  ASSERT_TRUE(loop_->Run());
  EXPECT_EQ(reloads_, 2);
}

TEST_F(ReloadRequestsTest, APauseInProportionFollowsAReload) {
  constexpr milliseconds kReload{5};
  MonotonicTime ended;
  MonotonicTime begun_again;
  on_reload_ = [&] {
    if (reloads_ == 2) {
      begun_again = Now().monotonic;
      return loop_->Stop();
    }
    std::this_thread::sleep_for(kReload);
    ended = Now().monotonic;
    end_ = loop_->At(ended, Priority::kHousekeeping, [this] { requests_->Request(); }).value();
  };
  requests_->Request();
  ASSERT_TRUE(loop_->Run());
  EXPECT_GE(begun_again - ended, kReload * ReloadRequests::kPauseFactor);
}

// Each reload makes a poll due, and asks for the next reload.
TEST_F(ReloadRequestsTest, WhateverElseIsDueGoesFirst) {
  std::vector<LoopRegistration> polls;
  int polled = 0;
  const auto poll_now = [&] {
    polls.push_back(loop_->At(Now().monotonic, PriorityOf(Tier::kFull), [&] { ++polled; }).value());
  };
  on_reload_ = [&] {
    EXPECT_EQ(polled, reloads_);
    poll_now();
    requests_->Request();
    if (reloads_ == 5) loop_->Stop();
  };
  requests_->Request();
  poll_now();
  ASSERT_TRUE(loop_->Run());
  EXPECT_EQ(reloads_, 5);
}

TEST_F(ReloadRequestsTest, AFloodOfSignalsDoesNotKeepTheLoopFromAPoll) {
  BlockSignals();
  on_reload_ = [] {};
  ASSERT_TRUE(requests_->TakeHangups());
  // The signal is always pending.
  std::atomic<bool> is_over = false;
  std::thread flood([&] {
    while (!is_over) kill(getpid(), SIGHUP);
  });
  int polled = 0;
  LoopRegistration poll;
  std::function<void()> run_poll = [&] {
    if (++polled == 20) return loop_->Stop();
    poll = loop_->At(Now().monotonic + milliseconds(1), PriorityOf(Tier::kFull), run_poll).value();
  };
  run_poll();
  const Result<void> run = loop_->Run();
  is_over = true;
  flood.join();
  ASSERT_TRUE(run);
  EXPECT_EQ(polled, 20);
  EXPECT_GT(reloads_, 0);
  TakePendingHangup();
}

// As on a host that is too slow for its polls.
TEST_F(ReloadRequestsTest, PollsThatAreAlwaysDueDoNotKeepAReloadForEver) {
  BlockSignals();
  ASSERT_TRUE(requests_->TakeHangups());
  LoopRegistration poll;
  MonotonicTime first_poll;
  std::function<void()> run_poll = [&] {
    poll = loop_->At(Now().monotonic, PriorityOf(Tier::kListeners), run_poll).value();
    if (first_poll == MonotonicTime{}) {
      first_poll = Now().monotonic;
      std::raise(SIGHUP);
    }
  };
  run_poll();
  ASSERT_TRUE(loop_->Run());
  EXPECT_EQ(reloads_, 1);
  EXPECT_GE(Now().monotonic - first_poll, ReloadRequests::kMaxWait);
}

TEST_F(ReloadRequestsTest, TooManyAreRefused) {
  constexpr unsigned kPatience = 1'000;
  on_reload_ = [] {};
  unsigned asked = 0;
  std::atomic<bool> is_refused = false;
  std::thread asking([&] {
    while (!is_refused && ++asked < kPatience) {
      const Result<void> told = requests_->Ask();
      is_refused = !told && told.error().code == EBUSY;
    }
    is_refused = true;
  });
  std::function<void()> look = [&] {
    if (is_refused) return loop_->Stop();
    end_ = loop_->At(Now().monotonic + milliseconds(1), Priority::kHousekeeping, look).value();
  };
  look();
  ASSERT_TRUE(loop_->Run());
  asking.join();
  EXPECT_GT(asked, ReloadRequests::kBurst);
  EXPECT_LT(asked, kPatience);
}

TEST_F(ReloadRequestsTest, CloseEndsEveryWait) {
  std::atomic<int> refused = 0;
  std::array<std::thread, 4> threads;
  for (std::thread& thread : threads) {
    thread = std::thread([&] {
      const Result<void> outcome = requests_->Ask();
      if (!outcome && outcome.error().code == ESHUTDOWN) ++refused;
    });
  }
  requests_->Close();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(refused, 4);
  EXPECT_EQ(requests_->Ask().error().code, ESHUTDOWN);
}

}  // namespace
}  // namespace connwatch::reload_requests_test
