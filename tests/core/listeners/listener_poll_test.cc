#include "core/listeners/listener_poll.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/support/records.h"

namespace connwatch::listener_poll_test {
namespace {

using std::chrono::milliseconds;

class ListenerPollTest : public testing::Test {
 protected:
  // A poll `at_ms` finds one listener, whose socket has counted `drops`.
  void Poll(int at_ms, std::uint32_t drops) {
    const Instant now{.monotonic = MonotonicTime(milliseconds(at_ms)), .wall = {}};
    SocketRecord record = Listening(1, 80);
    record.drops = drops;
    poll_.Begin(now);
    poll_.Add(std::vector{record}, {});
    poll_.Complete(now);
  }

  ListenerStatus Status() const {
    return listener_tracker_.List(MonotonicTime()).listeners.at(0).status;
  }

  ListenerTracker listener_tracker_{{}};
  ConnectionClassifier classifier_{{}, {}};
  std::optional<std::uint64_t> listen_drops_ = 100;
  int readings_ = 0;
  ListenerPoll poll_{listener_tracker_, classifier_, [this] {
                       ++readings_;
                       return listen_drops_;
                     }};
};

TEST_F(ListenerPollTest, DropsAreTrueIfTheKernelsCounterSaysSo) {
  Poll(0, 7);
  listen_drops_ = 103;
  Poll(1'000, 50);
  EXPECT_EQ(Status().drops, 3U);
  EXPECT_EQ(Status().socket_drops, 43U);
}

TEST_F(ListenerPollTest, TheCounterIsReadOnlyWhenItIsDue) {
  for (int at_ms = 0; at_ms < 1'000; at_ms += 100) Poll(at_ms, 0);
  EXPECT_EQ(readings_, 1);
  Poll(1'000, 5);
  EXPECT_EQ(readings_, 2);
  listen_drops_ = 105;
  Poll(1'100, 5);
  EXPECT_EQ(readings_, 3) << "a drop was counted in the poll before";
  EXPECT_EQ(Status().drops, 5U);
}

TEST_F(ListenerPollTest, ACounterThatCannotBeReadBoundsNothing) {
  listen_drops_.reset();
  Poll(0, 7);
  Poll(1'000, 50);
  EXPECT_EQ(Status().drops, 43U);
}

TEST_F(ListenerPollTest, OfSocketsBeyondTheLimitOnlyThePortCounts) {
  constexpr std::size_t kMax = ListenerPoll::kMaxSockets;
  std::vector<SocketRecord> listening;
  for (std::size_t i = 1; i <= kMax + 2; ++i) {
    listening.push_back(Listening(i, i <= kMax ? std::uint16_t{80} : std::uint16_t{40'000}));
  }
  const auto poll = [this](const std::vector<SocketRecord>& records, int second) {
    const Instant now{.monotonic = MonotonicTime(std::chrono::seconds(second)), .wall = {}};
    poll_.Begin(now);
    poll_.Add(records, now);
    poll_.Complete(now);
  };
  poll(listening, 1);
  EXPECT_EQ(Status().accept_queue.sockets, kMax);
  EXPECT_EQ(listener_tracker_.List({}).folded, 2U);
  EXPECT_EQ(classifier_.Guess(Established(1, 40'000)).basis, GuessBasis::kListener);
  listening.resize(2);
  poll(listening, 2);
  EXPECT_EQ(listener_tracker_.List({}).folded, 0U);
}

}  // namespace
}  // namespace connwatch::listener_poll_test
