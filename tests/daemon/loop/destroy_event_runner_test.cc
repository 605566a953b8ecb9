#include "daemon/loop/destroy_event_runner.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "core/connections/connection_tracker.h"
#include "daemon/process/logging.h"
#include "monitor/clock.h"
#include "tests/support/snapshots.h"
#include "tests/support/traffic.h"

namespace connwatch::destroy_event_runner_test {
namespace {

using namespace std::chrono_literals;

struct ScriptedEvents {
  std::vector<SocketRecord> records;
  bool is_overrun = false;
  std::optional<Error> error = std::nullopt;
};

// Plays a script once it is readable, which it is from the start; then the loop is stopped.
class ScriptedStream final : public DestroyEventStream {
 public:
  ScriptedStream(std::deque<ScriptedEvents> script, EventLoop& loop)
      : script_(std::move(script)), loop_(loop) {
    EXPECT_EQ(pipe(pipe_.data()), 0);
    EXPECT_EQ(write(pipe_[1], "x", 1), 1);
  }
  ~ScriptedStream() override {
    for (const int fd : pipe_) close(fd);
  }
  ScriptedStream(const ScriptedStream&) = delete;
  ScriptedStream& operator=(const ScriptedStream&) = delete;

  Result<DestroyEventBatch> ReadBatch() override {
    if (script_.empty()) {
      loop_.Stop();
      return DestroyEventBatch{};
    }
    current_ = std::move(script_.front());
    script_.pop_front();
    if (current_.error) {
      loop_.Stop();
      return *current_.error;
    }
    return DestroyEventBatch{current_.records, current_.is_overrun, false};
  }
  int fd() const override { return pipe_[0]; }

 private:
  std::deque<ScriptedEvents> script_;
  ScriptedEvents current_;
  EventLoop& loop_;
  std::array<int, 2> pipe_{};
};

class ScriptedEventSource final : public DestroyEventSource {
 public:
  explicit ScriptedEventSource(EventLoop& loop) : loop_(loop) {}

  Result<std::unique_ptr<DestroyEventStream>> Open(std::size_t buffer_bytes) override {
    buffers.push_back(buffer_bytes);
    if (error) return *error;
    return std::unique_ptr<DestroyEventStream>(std::make_unique<ScriptedStream>(script, loop_));
  }

  std::deque<ScriptedEvents> script;
  std::optional<Error> error;
  std::vector<std::size_t> buffers;  // as asked for

 private:
  EventLoop& loop_;
};

class DestroyEventRunnerTest : public testing::Test {
 protected:
  DestroyEventRunnerTest() {
    tracker_.BeginPoll({});
    tracker_.CompletePoll();
  }

  static Config Mode(DestroyEvents mode) {
    Config config;
    config.destroy_events = mode;
    return config;
  }

  std::unique_ptr<EventLoop> loop_ = EventLoop::Create().value();
  ScriptedEventSource source_{*loop_};
  ConnectionClassifier classifier_ = PlainClassifier();
  TrafficLedger ledger_{GroupTraffic({})};
  Allowance room_{1'000};
  ConnectionTracker tracker_{room_, classifier_, ledger_};
  DestroyEventRunner runner_{
      *loop_, source_,
      [this](const SocketRecord& record, MonotonicTime now) { tracker_.OnDestroyed(record, now); }};
};

TEST_F(DestroyEventRunnerTest, HandsEveryEventToTheTracker) {
  source_.script = {{{TestConnection{.cookie = 1}.End(), TestConnection{.cookie = 2}.End()}},
                    {.records = {}, .is_overrun = true},
                    {{TestConnection{.cookie = 3}.End()}}};
  runner_.Configure(Mode(DestroyEvents::kOn));
  ASSERT_TRUE(loop_->Run());
  EXPECT_TRUE(runner_.stats(Now().monotonic).is_active);
  EXPECT_EQ(runner_.stats(Now().monotonic).events, 3U);
  EXPECT_EQ(runner_.stats(Now().monotonic).overruns, 1U);
  EXPECT_EQ(runner_.stats(Now().monotonic + 1h).absent, 0s) << "an overrun is no absence";
  EXPECT_EQ(tracker_.stats().ended.at(IndexOf(EndCause::kComplete)), 3U);
}

TEST_F(DestroyEventRunnerTest, OffDoesNotEvenAsk) {
  runner_.Configure(Mode(DestroyEvents::kOff));
  EXPECT_FALSE(runner_.stats(Now().monotonic).is_active);
  EXPECT_TRUE(source_.buffers.empty());
  EXPECT_EQ(runner_.stats(Now().monotonic + 1h).absent, 0s) << "nobody asked for them";
}

TEST_F(DestroyEventRunnerTest, AReloadSwitchesAndKeepsWhatIsTheSame) {
  runner_.Configure(Mode(DestroyEvents::kOn));
  runner_.Configure(Mode(DestroyEvents::kOn));
  EXPECT_EQ(source_.buffers.size(), 1U);
  Config larger = Mode(DestroyEvents::kOn);
  larger.destroy_event_buffer *= 2;
  runner_.Configure(larger);
  EXPECT_EQ(source_.buffers.size(), 2U);
  EXPECT_EQ(source_.buffers.back(), larger.destroy_event_buffer);
  runner_.Configure(Mode(DestroyEvents::kOff));
  EXPECT_FALSE(runner_.stats(Now().monotonic).is_active);
}

TEST_F(DestroyEventRunnerTest, NotBeingAbleToJoinIsNotFatal) {
  source_.error = Error{EPERM, "no groups"};
  runner_.Configure(Mode(DestroyEvents::kAuto));
  EXPECT_FALSE(runner_.stats(Now().monotonic).is_active);
}

TEST_F(DestroyEventRunnerTest, AnAbsenceThatComesBackIsLoggedOnce) {
  ASSERT_TRUE(StartLog({.level = LogLevel::kInfo, .format = LogFormat::kText}));
  testing::internal::CaptureStderr();
  source_.error = Error{EPERM, "no groups"};
  Config config = Mode(DestroyEvents::kOn);
  for (int i = 0; i < 3; ++i) {
    config.destroy_event_buffer *= 2;
    runner_.Configure(config);
  }
  runner_.Configure(Mode(DestroyEvents::kOff));
  runner_.Configure(Mode(DestroyEvents::kOn));
  EndLog();
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(source_.buffers.size(), 4U);
  EXPECT_EQ(std::ranges::count(log, '\n'), 2) << "once before they were off, once after: " << log;
}

TEST_F(DestroyEventRunnerTest, TellsForHowLongThereWereNone) {
  source_.error = Error{EPERM, "no groups"};
  runner_.Configure(Mode(DestroyEvents::kAuto));
  const MonotonicTime failed = Now().monotonic;
  EXPECT_GE(runner_.stats(failed + 60s).absent, 60s);
  source_.error.reset();
  runner_.Configure(Mode(DestroyEvents::kOn));
  const auto absent = runner_.stats(Now().monotonic).absent;
  EXPECT_GT(absent, 0s);
  EXPECT_EQ(runner_.stats(Now().monotonic + 1h).absent, absent) << "they are back";
}

TEST_F(DestroyEventRunnerTest, SwitchedOffEndsAnAbsence) {
  source_.error = Error{EPERM, "no groups"};
  runner_.Configure(Mode(DestroyEvents::kOn));
  runner_.Configure(Mode(DestroyEvents::kOff));
  const auto absent = runner_.stats(Now().monotonic).absent;
  EXPECT_EQ(runner_.stats(Now().monotonic + 1h).absent, absent);
}

TEST_F(DestroyEventRunnerTest, ABrokenStreamIsLeft) {
  source_.script = {{.records = {}, .is_overrun = false, .error = Error{EBADMSG, "cut"}}};
  runner_.Configure(Mode(DestroyEvents::kOn));
  ASSERT_TRUE(loop_->Run());
  EXPECT_FALSE(runner_.stats(Now().monotonic).is_active);
  EXPECT_GE(runner_.stats(Now().monotonic + 1h).absent, 1h);
}

}  // namespace
}  // namespace connwatch::destroy_event_runner_test
