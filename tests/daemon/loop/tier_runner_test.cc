#include "daemon/loop/tier_runner.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <functional>
#include <thread>

#include "monitor/clock.h"
#include "tests/support/records.h"
#include "tests/support/scripted_source.h"

namespace connwatch::tier_runner_test {
namespace {

using std::chrono::milliseconds;

class CountingWork final : public PollWork {
 public:
  DumpQuery Query() const override { return {}; }
  void Begin(Instant /*now*/) override {}
  void Add(std::span<const SocketRecord> records, Instant /*now*/) override {
    records_ += records.size();
  }
  void Complete(Instant /*now*/) override { ++completed_; }

  std::size_t records_ = 0;
  int completed_ = 0;
};

class TierRunnerTest : public testing::Test {
 protected:
  // Runs until so many polls have ended.
  void RunFor(int polls) {
    left_ = polls;
    ASSERT_TRUE(runner_.Start());
    ASSERT_TRUE(loop_->Run());
  }

  std::unique_ptr<EventLoop> loop_ = EventLoop::Create().value();
  ScriptedSource source_;
  CountingWork work_;
  TierPoller tier_{Tier::kHandshakes, source_, work_, milliseconds(10)};
  int left_ = 0;
  std::function<void()> on_concluded_ = [] {};
  TierRunner runner_{*loop_, PriorityOf(Tier::kHandshakes), tier_,
                     [this](const TierPoller* /*passenger*/) {
                       on_concluded_();
                       if (--left_ == 0) loop_->Stop();
                     }};
};

const DumpScript kTwoBatches = {{{Established(1)}, DumpProgress::kWouldBlock, std::nullopt},
                                {{Established(2)}, DumpProgress::kDone, std::nullopt}};

TEST_F(TierRunnerTest, PollsAtOnceAndThenAtEachInterval) {
  for (int i = 0; i < 3; ++i) source_.Add(kTwoBatches);
  const MonotonicTime start = Now().monotonic;
  RunFor(3);
  EXPECT_EQ(work_.completed_, 3);
  EXPECT_EQ(work_.records_, 6U);
  EXPECT_EQ(tier_.health().successes(), 3U);
  EXPECT_GE(Now().monotonic - start, 2 * milliseconds(10));
  EXPECT_EQ(tier_.health().lateness().count(), 3U);
  EXPECT_GT(tier_.health().cpu().count(), 0);
}

TEST_F(TierRunnerTest, AFailedPollIsFollowedByTheNext) {
  source_.AddOpenError(Error::FromErrno(EPERM, "open netlink socket"));
  source_.Add({{{Established(1)}, DumpProgress::kMore, Error::FromErrno(ENOBUFS, "receive")}});
  source_.Add(kTwoBatches);
  RunFor(3);
  EXPECT_EQ(tier_.health().failures(), 2U);
  EXPECT_EQ(tier_.health().successes(), 1U);
}

TEST_F(TierRunnerTest, ANewIntervalCountsFromTheLatestPoll) {
  for (int i = 0; i < 2; ++i) source_.Add(kTwoBatches);
  tier_.set_interval(std::chrono::hours(1));
  on_concluded_ = [this] {
    tier_.set_interval(milliseconds(10));
    EXPECT_TRUE(runner_.Reschedule());
  };
  RunFor(2);
  EXPECT_EQ(work_.completed_, 2);
}

// The host does not run for a while, and then there is a reload before the polls that are due.
TEST_F(TierRunnerTest, APollThatIsDueIsNotPutOff) {
  for (int i = 0; i < 2; ++i) source_.Add(kTwoBatches);
  on_concluded_ = [this] {
    std::this_thread::sleep_for(milliseconds(30));
    EXPECT_TRUE(runner_.Reschedule());
    tier_.set_interval(std::chrono::hours(1));
    EXPECT_TRUE(runner_.Reschedule());
  };
  RunFor(2);
  EXPECT_EQ(work_.completed_, 2);
}

TEST_F(TierRunnerTest, NoNumberOfCallsPutsOffThePolls) {
  for (int i = 0; i < 5; ++i) source_.Add(kTwoBatches);
  LoopRegistration next;
  int calls = 0;
  std::function<void()> reschedule = [&] {
    ++calls;
    EXPECT_TRUE(runner_.Reschedule());
    next = loop_->At(Now().monotonic + milliseconds(1), Priority::kStopSignals, reschedule).value();
  };
  reschedule();
  const MonotonicTime start = Now().monotonic;
  RunFor(5);
  EXPECT_EQ(work_.completed_, 5);
  EXPECT_GE(Now().monotonic - start, 4 * milliseconds(10));
  EXPECT_GT(calls, 5);
}

TEST_F(TierRunnerTest, IntervalsThatGoBackAndForthDoNotPutOffThePolls) {
  for (int i = 0; i < 5; ++i) source_.Add(kTwoBatches);
  LoopRegistration next;
  bool is_long = false;
  std::function<void()> change = [&] {
    is_long = !is_long;
    tier_.set_interval(is_long ? milliseconds(20) : milliseconds(10));
    EXPECT_TRUE(runner_.Reschedule());
    next = loop_->At(Now().monotonic + milliseconds(3), Priority::kStopSignals, change).value();
  };
  change();
  RunFor(5);
  EXPECT_EQ(work_.completed_, 5);
}

TEST_F(TierRunnerTest, AShorterIntervalThatHasPassedMeansAPollAtOnce) {
  for (int i = 0; i < 2; ++i) source_.Add(kTwoBatches);
  tier_.set_interval(std::chrono::hours(1));
  on_concluded_ = [this] {
    std::this_thread::sleep_for(milliseconds(20));
    tier_.set_interval(milliseconds(10));
    EXPECT_TRUE(runner_.Reschedule());
    tier_.set_interval(std::chrono::hours(1));
    EXPECT_TRUE(runner_.Reschedule());
  };
  RunFor(2);
  EXPECT_EQ(work_.completed_, 2);
}

// Polls take longer than their interval on a host that is short of CPU time.
TEST_F(TierRunnerTest, PollsLongerThanTheirIntervalLetOtherTiersPoll) {
  constexpr int kPolls = 50;
  for (int i = 0; i < kPolls; ++i) source_.Add(kTwoBatches);
  on_concluded_ = [] { std::this_thread::sleep_for(milliseconds(20)); };
  ScriptedSource other_source;
  for (int i = 0; i < kPolls; ++i) other_source.Add(kTwoBatches);
  CountingWork other_work;
  TierPoller other{Tier::kFull, other_source, other_work, milliseconds(10)};
  TierRunner other_runner{*loop_, PriorityOf(Tier::kFull), other,
                          [&](const TierPoller* /*passenger*/) {
                            if (other_work.completed_ == 3) loop_->Stop();
                          }};
  ASSERT_TRUE(other_runner.Start());
  RunFor(kPolls);
  EXPECT_EQ(other_work.completed_, 3);
  EXPECT_GT(tier_.health().lateness().sum(), milliseconds(0)) << "what it waits is no secret";
}

// Two tiers, of which the second may serve the first.
class SharedPollTest : public testing::Test {
 protected:
  SharedPollTest() {
    first_runner_.RideWith(second_runner_);
    for (int i = 0; i < 40; ++i) source_.Add(kTwoBatches);
  }
  void RunUntilSecondHasPolled(std::uint64_t times) {
    stop_at_ = times;
    ASSERT_TRUE(first_runner_.Start());
    ASSERT_TRUE(second_runner_.Start());
    ASSERT_TRUE(loop_->Run());
  }

  std::unique_ptr<EventLoop> loop_ = EventLoop::Create().value();
  ScriptedSource source_;
  CountingWork first_work_;
  CountingWork second_work_;
  TierPoller first_{Tier::kHandshakes, source_, first_work_, milliseconds(20)};
  TierPoller second_{Tier::kFull, source_, second_work_, milliseconds(100)};
  std::uint64_t first_concluded_ = 0;
  std::uint64_t stop_at_ = 0;
  TierRunner first_runner_{*loop_, PriorityOf(Tier::kHandshakes), first_,
                           [this](const TierPoller* /*passenger*/) { ++first_concluded_; }};
  TierRunner second_runner_{*loop_, PriorityOf(Tier::kFull), second_,
                            [this](const TierPoller* passenger) {
                              if (passenger == &first_) ++first_concluded_;
                              if (second_.health().successes() == stop_at_) loop_->Stop();
                            }};
};

TEST_F(SharedPollTest, ASourceForWhichItIsNotWorthItGetsTwoPolls) {
  RunUntilSecondHasPolled(2);
  EXPECT_EQ(first_.health().carried(), 0U);
  EXPECT_EQ(source_.opened(), first_.health().successes() + 2 + (first_.IsInFlight() ? 1 : 0));
}

TEST_F(SharedPollTest, PollsThatAreDueTogetherAreOne) {
  source_.LetOnePassServeAll();
  RunUntilSecondHasPolled(2);
  const PollHealth& first = first_.health();
  EXPECT_GE(first.carried(), 1U) << "the first one; a busy host may be late with the others";
  EXPECT_EQ(first_concluded_, first.successes()) << "whoever waits for them is told";
  EXPECT_EQ(source_.opened(),
            first.successes() - first.carried() + 2 + (first_.IsInFlight() ? 1 : 0));
  EXPECT_GT(first.successes(), first.carried()) << "in between it polls by itself";
  EXPECT_EQ(first_work_.completed_, static_cast<int>(first.successes()));
}

TEST_F(SharedPollTest, TheIntervalsStayAsTheyAre) {
  source_.LetOnePassServeAll();
  const MonotonicTime start = Now().monotonic;
  RunUntilSecondHasPolled(3);
  // A poll that serves both may begin a twentieth of the shorter interval early.
  EXPECT_GE(Now().monotonic - start, 2 * milliseconds(100) - milliseconds(1));
  EXPECT_LE(first_.health().successes(), (Now().monotonic - start) / milliseconds(20) + 2);
}

}  // namespace
}  // namespace connwatch::tier_runner_test
