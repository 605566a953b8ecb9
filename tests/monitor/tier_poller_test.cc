#include "monitor/tier_poller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <numeric>

#include "core/connections/full_poll.h"
#include "exporters/json/json_api.h"
#include "exporters/metrics/metrics_page.h"
#include "tests/support/records.h"
#include "tests/support/reports.h"
#include "tests/support/scripted_source.h"
#include "tests/support/traffic.h"

namespace connwatch::tier_poller_test {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using testing::HasSubstr;

const std::vector<microseconds> kBounds = {microseconds(1'000)};

DumpScript GoodDump(int established) {
  ScriptedBatch batch;
  for (int i = 0; i < established; ++i) {
    batch.records.push_back(Established(static_cast<std::uint64_t>(i) + 1));
  }
  return {batch, {{}, DumpProgress::kDone, std::nullopt}};
}

DumpScript DumpEndingIn(Error error) {
  return {{{Established(1)}, DumpProgress::kMore, std::nullopt},
          {{}, DumpProgress::kMore, std::move(error)}};
}

class TierPollerTest : public testing::Test {
 protected:
  // One poll from begin to end; ends it at `second` + 1.
  void Poll(int second) {
    tier_.Begin(TestInstant(second));
    while (!tier_.HasEnded()) tier_.Continue(TestInstant(second));
    tier_.Conclude(TestInstant(second + 1));
  }

  std::uint64_t EstablishedCount() const {
    return poll_.levels()->states.Get(AddressFamily::kIpv4, TcpState::kEstablished);
  }

  Snapshot CurrentSnapshot() const {
    Snapshot snapshot{.at = TestInstant(16)};
    snapshot.sockets = poll_.levels();
    snapshot.totals = poll_.totals();
    snapshot.polls = {tier_.health()};
    return snapshot;
  }
  std::string Page() const { return RenderMetricsPage(ReportOf(CurrentSnapshot())); }

  ScriptedSource source_;
  ConnectionClassifier classifier_ = PlainClassifier();
  TrafficLedger ledger_{GroupTraffic({})};
  Allowance room_{1'000};
  ConnectionTracker tracker_{room_, classifier_, ledger_};
  FullPoll poll_{{kBounds}, classifier_, tracker_};
  TierPoller tier_{Tier::kFull, source_, poll_, milliseconds(10'000)};
};

TEST_F(TierPollerTest, HasNothingBeforeTheFirstPoll) {
  EXPECT_FALSE(poll_.levels());
  EXPECT_FALSE(tier_.IsInFlight());
}

TEST_F(TierPollerTest, AGoodPollReplacesTheTable) {
  source_.Add(GoodDump(3));
  source_.Add(GoodDump(2));
  Poll(0);
  EXPECT_EQ(EstablishedCount(), 3U);
  Poll(10);
  EXPECT_EQ(EstablishedCount(), 2U);
  EXPECT_EQ(tier_.health().successes(), 2U);
  EXPECT_EQ(tier_.health().durations().sum(), std::chrono::seconds(2));
}

struct Fault {
  const char* name;
  DumpScript script;
  PollFailureReason reason;
  const char* text;
};

TEST_F(TierPollerTest, AFailedPollKeepsTheLastGoodTableAndShowsAgeAndReason) {
  const std::vector<Fault> faults = {
      {"ENOBUFS", DumpEndingIn(Error::FromErrno(ENOBUFS, "receive")),
       PollFailureReason::kNoBufferSpace, "receive: No buffer space available"},
      {"a dump that ends in an error", DumpEndingIn(Error::FromErrno(EBADMSG, "cut")),
       PollFailureReason::kMalformed, "cut: Bad message"}};
  source_.Add(GoodDump(3));
  Poll(0);
  std::uint64_t failures = 0;
  for (const Fault& fault : faults) {
    source_.Add(fault.script);
    Poll(10);
    EXPECT_EQ(EstablishedCount(), 3U) << fault.name;
    EXPECT_EQ(tier_.health().failures(fault.reason), 1U) << fault.name;
    EXPECT_EQ(tier_.health().failures(), ++failures);
    EXPECT_THAT(RenderStatus(ReportOf(CurrentSnapshot()), TestInstant(16)),
                testing::AllOf(HasSubstr("\"age_seconds\": 15.0"), HasSubstr(fault.text)));
  }
  EXPECT_THAT(Page(), HasSubstr("connwatch_poll_errors_total{tier=\"full\","
                                "reason=\"no_buffer_space\"} 1\n"));
  EXPECT_THAT(Page(), HasSubstr("connwatch_poll_last_success_timestamp_seconds{tier=\"full\"} "
                                "1700000001\n"));
  EXPECT_THAT(Page(), HasSubstr("state=\"established\"} 3\n"));
}

TEST_F(TierPollerTest, ADumpThatNeverEndsFailsAtTheDeadline) {
  source_.Add(GoodDump(3));
  source_.Add({{{}, DumpProgress::kMore, std::nullopt}});
  Poll(0);
  tier_.Begin(TestInstant(10));
  tier_.Continue(TestInstant(10));
  EXPECT_FALSE(tier_.HasEnded());
  EXPECT_EQ(tier_.deadline(), TestInstant(40).monotonic);
  tier_.Continue(TestInstant(39));
  EXPECT_FALSE(tier_.HasEnded());
  tier_.Continue(TestInstant(40));
  ASSERT_TRUE(tier_.HasEnded());
  tier_.Conclude(TestInstant(40));
  EXPECT_EQ(tier_.health().failures(PollFailureReason::kTimeout), 1U);
  EXPECT_EQ(EstablishedCount(), 3U);
}

TEST_F(TierPollerTest, ASilentDumpFailsAtTheDeadlineToo) {
  source_.Add({{{}, DumpProgress::kWouldBlock, std::nullopt}});
  tier_.Begin(TestInstant(0));
  tier_.Continue(TestInstant(0));
  EXPECT_FALSE(tier_.HasEnded());
  tier_.Continue(TestInstant(30));
  EXPECT_TRUE(tier_.HasEnded());
}

TEST_F(TierPollerTest, DuplicatesCountOnce) {
  const ScriptedBatch batch{{Established(1), Established(2)}, DumpProgress::kMore, std::nullopt};
  source_.Add({batch, batch, {{Established(2)}, DumpProgress::kDone, std::nullopt}});
  Poll(0);
  EXPECT_EQ(EstablishedCount(), 2U);
  EXPECT_EQ(tier_.health().duplicates(), 3U);
}

// Remembers what it was given, and where in memory that is.
struct RecordingWork final : PollWork {
  explicit RecordingWork(TcpStateSet states = TcpStateSet::All()) : states(states) {}

  DumpQuery Query() const override { return {.states = states}; }
  void Begin(Instant /*now*/) override { ++begun; }
  void Add(std::span<const SocketRecord> records, Instant /*now*/) override {
    if (!records.empty()) spans.push_back(records);
    for (const SocketRecord& record : records) cookies.push_back(record.cookie);
  }
  void Complete(Instant /*now*/) override { ++completed; }

  const TcpStateSet states;
  int begun = 0;
  int completed = 0;
  std::vector<std::uint64_t> cookies;
  std::vector<std::span<const SocketRecord>> spans;
};

class PassedOnTest : public testing::Test {
 protected:
  void Poll() {
    tier_.Begin(TestInstant(0));
    while (!tier_.HasEnded()) tier_.Continue(TestInstant(0));
    tier_.Conclude(TestInstant(0));
  }

  ScriptedSource source_;
  RecordingWork work_;
  TierPoller tier_{Tier::kListeners, source_, work_, milliseconds(100)};
};

TEST_F(PassedOnTest, NewRecordsArePassedOnInRuns) {
  source_.Add({{{Established(1), Established(2), Established(1), Established(3), Established(4),
                 Established(3)},
                DumpProgress::kDone,
                std::nullopt}});
  Poll();
  EXPECT_THAT(work_.cookies, testing::ElementsAre(1, 2, 3, 4));
  ASSERT_EQ(work_.spans.size(), 2U);
  EXPECT_EQ(work_.spans[0].data() + 3, work_.spans[1].data()) << "not copied";
  EXPECT_EQ(tier_.health().duplicates(), 2U);
}

TEST_F(PassedOnTest, ADumpThatDoesNotRepeatIsPassedOnAsItIs) {
  source_.AddWithoutRepeats(
      {{{Established(0), Established(0)}, DumpProgress::kDone, std::nullopt}});
  Poll();
  EXPECT_THAT(work_.cookies, testing::ElementsAre(0, 0));
  EXPECT_EQ(work_.spans.size(), 1U);
  EXPECT_EQ(tier_.health().duplicates(), 0U);
}

TEST_F(PassedOnTest, EachPollStartsAnew) {
  source_.Add({{{Established(1)}, DumpProgress::kDone, std::nullopt}});
  source_.Add({{{Established(1)}, DumpProgress::kDone, std::nullopt}});
  Poll();
  Poll();
  EXPECT_THAT(work_.cookies, testing::ElementsAre(1, 1));
  EXPECT_EQ(tier_.health().duplicates(), 0U);
}

TEST_F(PassedOnTest, TheDuplicatesOfAFailedPollDoNotCount) {
  source_.Add({{{Established(1), Established(1)}, DumpProgress::kMore, std::nullopt},
               {{}, DumpProgress::kMore, Error{EBADMSG, "cut"}}});
  Poll();
  EXPECT_EQ(tier_.health().duplicates(), 0U);
}

TEST_F(TierPollerTest, AnOverrunIsCountedAndLeavesThePollAlone) {
  source_.Add({{{}, DumpProgress::kWouldBlock, std::nullopt},
               {{Established(1)}, DumpProgress::kDone, std::nullopt}});
  tier_.Begin(TestInstant(0));
  tier_.Continue(TestInstant(0));
  tier_.Begin(TestInstant(10));
  EXPECT_EQ(tier_.health().overruns(), 1U);
  tier_.Continue(TestInstant(11));
  ASSERT_TRUE(tier_.HasEnded());
  tier_.Conclude(TestInstant(11));
  EXPECT_EQ(EstablishedCount(), 1U);
}

TEST_F(TierPollerTest, ASourceThatDoesNotOpenIsAFailure) {
  source_.AddOpenError(Error::FromErrno(EPERM, "open netlink socket"));
  source_.Add(GoodDump(1));
  Poll(0);
  EXPECT_EQ(tier_.health().failures(PollFailureReason::kPermission), 1U);
  EXPECT_FALSE(poll_.levels());
  Poll(10);
  EXPECT_EQ(EstablishedCount(), 1U);
  EXPECT_FALSE(tier_.health().current_failure());
}

TEST_F(TierPollerTest, ASliceIsBounded) {
  source_.Add({{{}, DumpProgress::kMore, std::nullopt}});
  tier_.Begin(TestInstant(0));
  tier_.Continue(TestInstant(0));  // would not return otherwise
  EXPECT_TRUE(tier_.IsInFlight());
}

SocketRecord InState(std::uint64_t cookie, TcpState state) {
  SocketRecord record = Established(cookie);
  record.state = state;
  return record;
}

// A poll of the full tier that serves the handshakes tier as well.
class CarriedPollTest : public testing::Test {
 protected:
  void Poll() {
    full_.Begin(TestInstant(0), &handshakes_);
    while (!full_.HasEnded()) full_.Continue(TestInstant(1));
    EXPECT_TRUE(handshakes_.IsInFlight());
    full_.Conclude(TestInstant(2));
  }

  ScriptedSource source_;
  RecordingWork full_work_;
  RecordingWork handshake_work_{{TcpState::kSynSent, TcpState::kSynRecv}};
  TierPoller full_{Tier::kFull, source_, full_work_, milliseconds(10'000)};
  TierPoller handshakes_{Tier::kHandshakes, source_, handshake_work_, milliseconds(1'000)};
};

TEST_F(CarriedPollTest, ThePassengerGetsTheSocketsThatItAsksFor) {
  source_.Add({{{InState(1, TcpState::kSynRecv), InState(2, TcpState::kSynSent), Established(3),
                 InState(4, TcpState::kSynRecv), InState(1, TcpState::kSynRecv)},
                DumpProgress::kDone,
                std::nullopt}});
  Poll();
  EXPECT_THAT(full_work_.cookies, testing::ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(handshake_work_.cookies, testing::ElementsAre(1, 2, 4));
  EXPECT_EQ(handshake_work_.begun, 1);
  EXPECT_EQ(handshake_work_.completed, 1);
  EXPECT_EQ(source_.opened(), 1U);
}

TEST_F(CarriedPollTest, ItCountsAsAPollOfBothTiers) {
  source_.Add({{{}, DumpProgress::kDone, std::nullopt}});
  Poll();
  for (const TierPoller* tier : {&full_, &handshakes_}) {
    EXPECT_EQ(tier->health().successes(), 1U);
    EXPECT_EQ(tier->health().durations().sum(), std::chrono::seconds(2));
    EXPECT_EQ(tier->health().last_success(), TestInstant(2).monotonic);
    EXPECT_FALSE(tier->IsInFlight());
  }
  EXPECT_EQ(handshakes_.health().carried(), 1U);
  EXPECT_EQ(full_.health().carried(), 0U);
}

TEST_F(CarriedPollTest, AFailureIsOneOfBothTiers) {
  source_.AddOpenError(Error::FromErrno(EPERM, "open"));
  source_.Add({{{}, DumpProgress::kMore, Error::FromErrno(ENOBUFS, "receive")}});
  Poll();
  Poll();
  for (const TierPoller* tier : {&full_, &handshakes_}) {
    EXPECT_EQ(tier->health().failures(PollFailureReason::kPermission), 1U);
    EXPECT_EQ(tier->health().failures(PollFailureReason::kNoBufferSpace), 1U);
    EXPECT_THAT(tier->health().current_failure()->text, HasSubstr("receive"));
  }
  EXPECT_EQ(handshake_work_.completed, 0);
}

TEST_F(CarriedPollTest, APollThatFallsDueMeanwhileIsAnOverrun) {
  source_.Add(
      {{{}, DumpProgress::kWouldBlock, std::nullopt}, {{}, DumpProgress::kDone, std::nullopt}});
  full_.Begin(TestInstant(0), &handshakes_);
  handshakes_.Begin(TestInstant(1));
  EXPECT_EQ(handshakes_.health().overruns(), 1U);
  EXPECT_EQ(source_.opened(), 1U);
}

TEST_F(CarriedPollTest, TheNextPollIsOfOneTierAgain) {
  source_.Add({{{InState(1, TcpState::kSynRecv)}, DumpProgress::kDone, std::nullopt}});
  source_.Add({{{InState(2, TcpState::kSynRecv)}, DumpProgress::kDone, std::nullopt}});
  Poll();
  full_.Begin(TestInstant(10));
  while (!full_.HasEnded()) full_.Continue(TestInstant(10));
  full_.Conclude(TestInstant(10));
  EXPECT_THAT(handshake_work_.cookies, testing::ElementsAre(1));
  EXPECT_EQ(handshakes_.health().successes(), 1U);
}

DumpScript DumpWithRtt(milliseconds ack_age) {
  SocketRecord record = Established(1);
  record.tcp_info.emplace();
  record.tcp_info->rtt = microseconds(500);
  record.tcp_info->since_last_ack_received = ack_age;
  return {{{record}, DumpProgress::kDone, std::nullopt}};
}

// The kernel prepares the next batch while one is read.
TEST_F(TierPollerTest, ASocketDestroyedBeforeItsBatchWasReadCountsOnce) {
  const TestConnection connection{.cookie = 7, .sent = 40};
  source_.Add(GoodDump(1));
  source_.Add({{{}, DumpProgress::kWouldBlock, std::nullopt},
               {{connection.Row()}, DumpProgress::kDone, std::nullopt}});
  Poll(0);
  tier_.Begin(TestInstant(10));
  tier_.Continue(TestInstant(10));
  tracker_.OnDestroyed(connection.End(), TestInstant(10).monotonic);
  tier_.Continue(TestInstant(10));
  tier_.Conclude(TestInstant(11));
  std::uint64_t bytes = 0;
  for (const ShownGroup& group : classifier_.ShownGroups()) {
    bytes += ledger_[{Direction::kOutbound, group.id}].usage.bytes_sent;
  }
  EXPECT_EQ(bytes, 40U);
  EXPECT_EQ(tracker_.stats().ended.at(IndexOf(EndCause::kComplete)), 1U);
}

std::uint64_t RttObservations(const FullPoll& poll) {
  const auto counts = poll.totals().rtt[{Direction::kInbound, {.place = 2}}].bucket_counts();
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

TEST_F(TierPollerTest, FreshnessIsMeasuredFromTheLastGoodPoll) {
  source_.Add(DumpWithRtt(milliseconds(0)));
  source_.Add(DumpEndingIn(Error{EBADMSG, "cut"}));
  source_.Add(DumpWithRtt(milliseconds(15'000)));
  source_.Add(DumpWithRtt(milliseconds(15'000)));
  Poll(0);
  Poll(10);
  EXPECT_EQ(RttObservations(poll_), 1U) << "a failed poll observes nothing";
  Poll(20);
  EXPECT_EQ(RttObservations(poll_), 2U) << "15 s is since the good poll 20 s ago";
  Poll(30);
  EXPECT_EQ(RttObservations(poll_), 2U) << "15 s is before the good poll 10 s ago";
}

TEST_F(TierPollerTest, OtherBoundsRestartTheHistogramAtTheNextPoll) {
  source_.Add(DumpWithRtt(milliseconds(0)));
  source_.Add(
      {{{}, DumpProgress::kWouldBlock, std::nullopt}, {{}, DumpProgress::kDone, std::nullopt}});
  source_.Add(DumpWithRtt(milliseconds(0)));
  Poll(0);
  tier_.Begin(TestInstant(10));
  tier_.Continue(TestInstant(10));
  poll_.Reconfigure({{microseconds(5), microseconds(6)}});
  tier_.set_interval(milliseconds(1'000));
  tier_.Continue(TestInstant(11));
  tier_.Conclude(TestInstant(11));
  EXPECT_EQ(RttObservations(poll_), 1U);
  EXPECT_EQ(tier_.health().interval(), milliseconds(1'000));
  Poll(20);
  EXPECT_EQ(RttObservations(poll_), 1U);
  EXPECT_EQ(poll_.totals().rtt.prototype().upper_bounds().size(), 2U);
}

}  // namespace
}  // namespace connwatch::tier_poller_test
