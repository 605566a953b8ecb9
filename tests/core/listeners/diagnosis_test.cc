#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <ostream>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/listeners/diagnose.h"
#include "tests/support/queues.h"

namespace connwatch::diagnosis_test {
namespace {

using enum DiagnosisCause;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr std::uint64_t kHuge = std::numeric_limits<std::uint64_t>::max();

struct Situation {
  std::string name;
  ListenerStatus seen;
  std::set<DiagnosisCause> expected;
};

// gtest prints a parameter that has no operator<< byte by byte, padding included.
void PrintTo(const Situation& situation, std::ostream* out) { *out << situation.name; }

std::set<DiagnosisCause> CausesOf(const Diagnosis& diagnosis) {
  std::set<DiagnosisCause> causes;
  for (const DiagnosisCause cause : kDiagnosisCauses) {
    if (diagnosis.Has(cause)) causes.insert(cause);
  }
  return causes;
}

class DiagnosisTest : public testing::TestWithParam<Situation> {};

TEST_P(DiagnosisTest, NamesTheCauses) {
  const Situation& situation = GetParam();
  EXPECT_EQ(CausesOf(Diagnose(situation.seen, {})), situation.expected);
  for (const DiagnosisCause cause : kDiagnosisCauses) {
    const std::string line = Explain(cause, situation.seen);
    EXPECT_FALSE(line.empty());
    EXPECT_EQ(line.find_first_of("\n\r"), std::string::npos);
    EXPECT_EQ(line.find("nan"), std::string::npos) << line;
    EXPECT_EQ(line.find("inf"), std::string::npos) << line;
    EXPECT_LT(line.size(), 400U) << line;
  }
}

// Starting points; each situation changes what it is about.
const ListenerStatus kQuiet = {.accept_queue = {.limit = 4'096}};

const ListenerStatus kStandingFlood = {
    .accept_queue = {.limit = 4'096},
    .syn_queue = {.length = 3'000, .peak = 3'000, .retransmitting = 3'000},
    .signs = {.source_prefixes = 256, .top_source_ratio = 0.01}};

const ListenerStatus kFreshFlood = {
    .accept_queue = {.limit = 4'096},
    .syn_queue = {.length = 1'500, .peak = 1'500},
    .signs = {
        .syn_queue_growth_per_second = 1'500, .source_prefixes = 256, .top_source_ratio = 0.01}};

// Backlog 16: the kernel stops at 17 and goes on with cookies.
const ListenerStatus kSmallBacklogFlood = {
    .accept_queue = {.limit = 16},
    .syn_queue = {.length = 17, .peak = 17, .retransmitting = 17},
    .signs = {
        .source_prefixes = 15, .top_source_ratio = 0.12, .host = {.syn_cookies_per_second = 900}}};

const ListenerStatus kLostPath = {
    .accept_queue = {.limit = 4'096},
    .syn_queue = {.length = 40, .peak = 40, .retransmitting = 38},
    .signs = {.syn_queue_growth_per_second = 2, .source_prefixes = 1, .top_source_ratio = 1}};

const ListenerStatus kDeferring = {.accept_queue = {.limit = 4'096},
                                   .syn_queue = {.length = 100, .peak = 100},
                                   .signs = {.settled = 90,
                                             .source_prefixes = 60,
                                             .top_source_ratio = 0.05,
                                             .host = {.defer_accept_drops_per_second = 3}}};

template <typename Change>
ListenerStatus With(ListenerStatus seen, Change change) {
  change(seen);
  return seen;
}

using E = ListenerStatus;

std::vector<Situation> AcceptQueueSituations() {
  return {
      {"Empty", {}, {}},
      {"Quiet", kQuiet, {}},
      {"AcceptQueueAtLimitIsNotFull",
       With(kQuiet, [](E& e) { e.accept_queue = OneQueue(4'096, 4'096); }),
       {}},
      {"AcceptQueueAboveLimit",
       With(kQuiet, [](E& e) { e.accept_queue = OneQueue(4'097, 4'096); }),
       {kAcceptQueueFull}},
      {"PeakAboveLimitWithoutDrops",
       With(kQuiet, [](E& e) { e.accept_queue = OneQueue(0, 4'096, 4'097); }),
       {}},
      {"PeakAtLimitWithDrops",
       With(kQuiet,
            [](E& e) { e.accept_queue = OneQueue(0, 4'096, 4'096), e.signs.drops_per_second = 5; }),
       {}},
      {"PeakAboveLimitWithDrops",
       With(kQuiet,
            [](E& e) {
              e.accept_queue = OneQueue(0, 4'096, 4'097), e.signs.drops_per_second = 0.03;
            }),
       {kAcceptQueueFull}},
      {"DropsAlone", With(kQuiet, [](E& e) { e.signs.drops_per_second = 100; }), {}},
      {"LimitZeroAndEmpty",
       {.signs = {.drops_per_second = 1, .host = {.syn_cookies_per_second = 100}}},
       {}},
      {"LimitZeroAndOneWaiting", {.accept_queue = OneQueue(1, 0)}, {kAcceptQueueFull}},
      // The kernel ignores final ACKs then, from many and from few sources.
      {"AcceptQueueFullKeepsManyInSynRecv",
       With(kStandingFlood, [](E& e) { e.accept_queue = OneQueue(4'097, 4'096); }),
       {kAcceptQueueFull}},
      {"AcceptQueueFullKeepsFewInSynRecv",
       With(kLostPath,
            [](E& e) { e.accept_queue = OneQueue(0, 4'096, 4'097), e.signs.drops_per_second = 1; }),
       {kAcceptQueueFull}},
  };
}

std::vector<Situation> FreshFloodSituations() {
  return {
      {"SpoofedFloodFresh", kFreshFlood, {kSynFlood}},
      {"SpoofedFloodDuringHttpTraffic",
       With(kFreshFlood, [](E& e) { e.signs.host.completed_per_second = 1'499; }),
       {kSynFlood}},
      {"FreshQueueOnAHostThatCompletesAsMuch",
       With(kFreshFlood, [](E& e) { e.signs.host.completed_per_second = 1'500; }),
       {}},
      {"FreshQueueOnAHostThatDefersAsMuch",
       With(kFreshFlood, [](E& e) { e.signs.host.defer_accept_drops_per_second = 1'500; }),
       {}},
      {"FloodOnABusyHostOnceRetransmitting",
       With(kFreshFlood,
            [](E& e) {
              e.signs.host.completed_per_second = 5'000, e.syn_queue.retransmitting = 750;
            }),
       {kSynFlood}},
      {"FreshQueueAtItsThreshold",
       With(kFreshFlood, [](E& e) { e.syn_queue.length = 1'000; }),
       {kSynFlood}},
      {"FreshQueueBelowItsThreshold",
       With(kFreshFlood, [](E& e) { e.syn_queue.length = 999; }),
       {}},
      {"FreshGrowthAtItsShare",
       With(kFreshFlood, [](E& e) { e.signs.syn_queue_growth_per_second = 150; }),
       {kSynFlood}},
      {"BusyQueueThatFluctuates",
       With(kFreshFlood, [](E& e) { e.signs.syn_queue_growth_per_second = 149; }),
       {}},
      {"SlowFloodWithFirstRetransmissions",
       With(kFreshFlood,
            [](E& e) {
              e.syn_queue.length = 100, e.syn_queue.retransmitting = 10;
              e.signs.syn_queue_growth_per_second = 50, e.signs.source_prefixes = 16;
            }),
       {kSynFlood}},
      {"SlowFloodOneRetransmissionShort",
       With(kFreshFlood,
            [](E& e) {
              e.syn_queue.length = 100, e.syn_queue.retransmitting = 9;
              e.signs.syn_queue_growth_per_second = 50, e.signs.source_prefixes = 16;
            }),
       {}},
      {"SlowFloodGrowingTooLittle",
       With(kFreshFlood,
            [](E& e) {
              e.syn_queue.length = 100, e.syn_queue.retransmitting = 10;
              e.signs.syn_queue_growth_per_second = 49.9, e.signs.source_prefixes = 16;
            }),
       {}},
  };
}

std::vector<Situation> StandingFloodSituations() {
  return {
      {"SpoofedFloodStanding", kStandingFlood, {kSynFlood}},
      {"StandingQueueAtItsThresholds",
       With(kStandingFlood,
            [](E& e) {
              e.syn_queue.length = 256, e.syn_queue.retransmitting = 128,
              e.signs.source_prefixes = 16;
            }),
       {kSynFlood}},
      {"StandingQueueBelowItsThreshold",
       With(kStandingFlood,
            [](E& e) { e.syn_queue.length = 255, e.syn_queue.retransmitting = 255; }),
       {}},
      {"StandingQueueMostlyAnswered",
       With(kStandingFlood, [](E& e) { e.syn_queue.retransmitting = 1'499; }),
       {}},
      {"BackgroundScans",
       With(kStandingFlood,
            [](E& e) {
              e.syn_queue.length = 60, e.syn_queue.retransmitting = 55,
              e.signs.source_prefixes = 50;
            }),
       {}},
      {"BetweenFewAndManySources",
       With(kStandingFlood,
            [](E& e) { e.signs.source_prefixes = 15, e.signs.top_source_ratio = 0.1; }),
       {}},
      {"AtLimitWithoutCookies",
       With(kStandingFlood,
            [](E& e) {
              e.accept_queue.limit = 128, e.syn_queue.length = 128;
              e.syn_queue.retransmitting = 128, e.signs.source_prefixes = 100;
            }),
       {kSynFlood}},
  };
}

std::vector<Situation> CookieSituations() {
  return {
      {"SmallBacklogFlood", kSmallBacklogFlood, {kSynFlood, kSynCookies}},
      {"SmallBacklogFloodFirstSecond",
       With(kSmallBacklogFlood,
            [](E& e) { e.syn_queue.retransmitting = 0, e.signs.syn_queue_growth_per_second = 17; }),
       {kSynCookies}},
      {"SmallBacklogFloodCookiesOff",
       With(kSmallBacklogFlood,
            [](E& e) { e.signs.host.syn_cookies_per_second = 0, e.signs.drops_per_second = 900; }),
       {kSynFlood}},
      {"TinyBacklogFlood",
       {.accept_queue = {.limit = 5},
        .syn_queue = {.length = 6, .retransmitting = 6},
        .signs = {.source_prefixes = 6,
                  .top_source_ratio = 0.17,
                  .host = {.syn_cookies_per_second = 50}}},
       {kSynFlood, kSynCookies}},
      {"TinyBacklogOneSource",
       {.accept_queue = {.limit = 5},
        .syn_queue = {.length = 6, .retransmitting = 6},
        .signs = {.source_prefixes = 1,
                  .top_source_ratio = 1,
                  .host = {.syn_cookies_per_second = 50}}},
       {kReturnPathLoss, kSynCookies}},
      {"TooTinyToSayMoreThanCookies",
       {.accept_queue = {.limit = 2},
        .syn_queue = {.length = 3, .retransmitting = 3},
        .signs = {.source_prefixes = 3,
                  .top_source_ratio = 0.34,
                  .host = {.syn_cookies_per_second = 50}}},
       {kSynCookies}},
      {"CookiesAtTheLimitExactly",
       With(kQuiet,
            [](E& e) { e.syn_queue.length = 4'096, e.signs.host.syn_cookies_per_second = 0.1; }),
       {kSynCookies}},
      {"CookiesForAnotherListener",
       With(kQuiet,
            [](E& e) { e.syn_queue.length = 4'095, e.signs.host.syn_cookies_per_second = 500; }),
       {}},
      {"TooFewCookies",
       With(kQuiet,
            [](E& e) { e.syn_queue.length = 4'097, e.signs.host.syn_cookies_per_second = 0.09; }),
       {}},
      {"ReuseportAllAtTheirLimit",
       {.accept_queue = {.sockets = 4, .limit = 64},
        .syn_queue = {.length = 68, .retransmitting = 60},
        .signs = {.source_prefixes = 60,
                  .top_source_ratio = 0.03,
                  .host = {.syn_cookies_per_second = 200}}},
       {kSynFlood, kSynCookies}},
      {"LimitZeroWithOneHandshakeAndCookies",
       {.syn_queue = {.length = 1},
        .signs = {.source_prefixes = 1, .host = {.syn_cookies_per_second = 5}}},
       {kSynCookies}},
  };
}

std::vector<Situation> LossSituations() {
  return {
      {"LostPathToOneSite", kLostPath, {kReturnPathLoss}},
      {"ThreeThousandFromOneSourceFresh",
       With(kFreshFlood, [](E& e) { e.signs.source_prefixes = 1, e.signs.top_source_ratio = 1; }),
       {}},
      {"ThreeThousandFromOneSourceOnceRetransmitting",
       With(kStandingFlood,
            [](E& e) { e.signs.source_prefixes = 1, e.signs.top_source_ratio = 1; }),
       {kReturnPathLoss}},
      {"OneSiteAmongManyBystanders",
       With(kStandingFlood,
            [](E& e) { e.signs.source_prefixes = 40, e.signs.top_source_ratio = 0.5; }),
       {kReturnPathLoss}},
      {"LossAtItsThresholds",
       With(kLostPath,
            [](E& e) {
              e.syn_queue.length = 16, e.syn_queue.retransmitting = 8;
              e.signs.source_prefixes = 8, e.signs.top_source_ratio = 0.2;
            }),
       {kReturnPathLoss}},
      {"LossBelowMinSynQueue",
       With(kLostPath, [](E& e) { e.syn_queue.length = 15, e.syn_queue.retransmitting = 15; }),
       {}},
      {"LossOfLessThanHalf",
       With(kLostPath, [](E& e) { e.syn_queue.length = 16, e.syn_queue.retransmitting = 7; }),
       {}},
      {"LossFromNinePrefixes",
       With(kLostPath, [](E& e) { e.signs.source_prefixes = 9, e.signs.top_source_ratio = 0.2; }),
       {}},
  };
}

std::vector<Situation> HealthySituations() {
  return {
      {"DeferredAccept", kDeferring, {kDeferredAccept}},
      {"DeferredAtItsThresholds",
       With(kDeferring, [](E& e) { e.syn_queue.length = 16, e.signs.settled = 8; }),
       {kDeferredAccept}},
      {"DeferredBelowItsShare",
       With(kDeferring, [](E& e) { e.syn_queue.length = 16, e.signs.settled = 7; }),
       {}},
      {"DeferredBelowMinSynQueue",
       With(kDeferring, [](E& e) { e.syn_queue.length = 15, e.signs.settled = 15; }),
       {}},
      {"DeferredExcludesFlood",
       With(kStandingFlood,
            [](E& e) { e.signs.settled = 1'500, e.syn_queue.retransmitting = 1'500; }),
       {kDeferredAccept}},
      {"DeferredExcludesLoss",
       With(kLostPath, [](E& e) { e.signs.settled = 20, e.syn_queue.retransmitting = 20; }),
       {kDeferredAccept}},
      {"FloodOnADeferringListener",
       With(kStandingFlood,
            [](E& e) { e.signs.settled = 200, e.syn_queue.retransmitting = 2'800; }),
       {kSynFlood}},
      {"DeferredFillsTheSynQueue",
       With(kDeferring,
            [](E& e) { e.accept_queue.limit = 99, e.signs.host.syn_cookies_per_second = 10; }),
       {kDeferredAccept, kSynCookies}},
      {"BurstOf500InFlight",
       With(kQuiet,
            [](E& e) {
              e.syn_queue.length = 500, e.syn_queue.peak = 500,
              e.signs.syn_queue_growth_per_second = 500;
              e.signs.source_prefixes = 400, e.signs.top_source_ratio = 0.01;
            }),
       {}},
      {"BurstOf500FromOneHostInFlight",
       With(kQuiet,
            [](E& e) {
              e.syn_queue.length = 500, e.syn_queue.peak = 500,
              e.signs.syn_queue_growth_per_second = 500;
              e.signs.source_prefixes = 1, e.signs.top_source_ratio = 1;
            }),
       {}},
      {"BurstOf500Completed",
       With(kQuiet,
            [](E& e) {
              e.accept_queue = OneQueue(20, 4'096, 480), e.syn_queue.peak = 500;
              e.signs.syn_queue_growth_per_second = -500, e.signs.host.completed_per_second = 500;
            }),
       {}},
  };
}

std::vector<Situation> OddNumbers() {
  return {
      {"EverythingNan",
       {.accept_queue = {.limit = 16},
        .syn_queue = {.length = 2'000},
        .signs = {.drops_per_second = kNan,
                  .syn_queue_growth_per_second = kNan,
                  .source_prefixes = 256,
                  .top_source_ratio = kNan,
                  .host = {.syn_cookies_per_second = kNan,
                           .defer_accept_drops_per_second = kNan,
                           .completed_per_second = kNan}}},
       {}},
      {"EverythingInfinite",
       {.accept_queue = {.limit = 16, .peak = 17},
        .syn_queue = {.length = 2'000},
        .signs = {.drops_per_second = kInfinity,
                  .syn_queue_growth_per_second = kInfinity,
                  .source_prefixes = 256,
                  .top_source_ratio = kInfinity,
                  .host = {.syn_cookies_per_second = kInfinity,
                           .defer_accept_drops_per_second = -kInfinity,
                           .completed_per_second = kInfinity}}},
       {}},
      {"NanElsewhereDoesNotHideAFlood",
       With(kFreshFlood,
            [](E& e) {
              e.signs.host.defer_accept_drops_per_second = kNan,
              e.signs.host.completed_per_second = kNan;
            }),
       {kSynFlood}},
      {"LargestNumbers",
       {.accept_queue = {.sockets = kHuge, .length = kHuge, .limit = kHuge, .peak = kHuge},
        .syn_queue = {.length = kHuge, .peak = kHuge, .retransmitting = kHuge},
        .signs = {.drops_per_second = 1e308,
                  .syn_queue_growth_per_second = 1e308,
                  .source_prefixes = kHuge,
                  .host = {.syn_cookies_per_second = 1e308}}},
       {kSynFlood, kSynCookies}},
  };
}

std::string NameOf(const testing::TestParamInfo<Situation>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(AcceptQueue, DiagnosisTest, testing::ValuesIn(AcceptQueueSituations()),
                         NameOf);
INSTANTIATE_TEST_SUITE_P(FreshFlood, DiagnosisTest, testing::ValuesIn(FreshFloodSituations()),
                         NameOf);
INSTANTIATE_TEST_SUITE_P(StandingFlood, DiagnosisTest, testing::ValuesIn(StandingFloodSituations()),
                         NameOf);
INSTANTIATE_TEST_SUITE_P(Cookies, DiagnosisTest, testing::ValuesIn(CookieSituations()), NameOf);
INSTANTIATE_TEST_SUITE_P(Loss, DiagnosisTest, testing::ValuesIn(LossSituations()), NameOf);
INSTANTIATE_TEST_SUITE_P(Healthy, DiagnosisTest, testing::ValuesIn(HealthySituations()), NameOf);
INSTANTIATE_TEST_SUITE_P(OddNumbers, DiagnosisTest, testing::ValuesIn(OddNumbers()), NameOf);

// 1,500 SYNs a second for two seconds, polled a second apart: from 0.7 s on every moment shows the
// flood, so that one poll within 1.7 s does, whatever the phase; 8 s later it still stands.
TEST(DiagnosisOverTimeTest, AFloodIsNamedWithinTwoSecondsWhateverThePhaseOfThePolls) {
  for (int ms = 700; ms <= 10'000; ms += 10) {
    const auto sent = [](int at_ms) {
      return static_cast<std::uint64_t>(std::clamp(at_ms, 0, 2'000)) * 1'500 / 1'000;
    };
    ListenerStatus seen = kStandingFlood;
    seen.syn_queue.length = sent(ms);
    seen.syn_queue.retransmitting = sent(ms - 1'000);
    seen.signs.syn_queue_growth_per_second = static_cast<double>(sent(ms) - sent(ms - 1'000));
    EXPECT_EQ(CausesOf(Diagnose(seen, {})), std::set{kSynFlood}) << ms;

    seen.signs.source_prefixes = 1;
    seen.signs.top_source_ratio = 1;
    const auto from_one_source = CausesOf(Diagnose(seen, {}));
    if (ms >= 2'000) {
      EXPECT_EQ(from_one_source, std::set{kReturnPathLoss}) << ms;
    }
    EXPECT_FALSE(from_one_source.contains(kSynFlood)) << ms;
  }
}

TEST(DiagnosisThresholdsTest, ZeroThresholdsAccuseNoEmptyListener) {
  const DiagnosisThresholds zero = {.min_syn_queue = 0,
                                    .min_syn_queue_at_limit = 0,
                                    .retransmitting_share = 0,
                                    .settled_share = 0,
                                    .flood_source_prefixes = 0,
                                    .few_source_prefixes = 0,
                                    .dominant_source_share = 0,
                                    .flood_growth_per_second = 0,
                                    .flood_standing_queue = 0,
                                    .fresh_retransmitting_share = 0,
                                    .fresh_flood_queue = 0,
                                    .fresh_growth_share = 0,
                                    .min_syn_cookies_per_minute = 0};
  EXPECT_EQ(Diagnose({}, zero), Diagnosis{});
}

TEST(DiagnosisThresholdsTest, AreUsed) {
  EXPECT_EQ(CausesOf(Diagnose(kLostPath, {.min_syn_queue = 41})), std::set<DiagnosisCause>{});
  EXPECT_EQ(CausesOf(Diagnose(kStandingFlood, {.flood_source_prefixes = 257})),
            std::set<DiagnosisCause>{});
}

TEST(DiagnosisExplainTest, GivesTheNumbers) {
  EXPECT_EQ(Explain(kAcceptQueueFull, {.accept_queue = OneQueue(129, 128, 130),
                                       .signs = {.drops_per_second = 12.54}}),
            "accept queue 129 (peak 130, limit 128), 12.5 drops/s: the application accepts too "
            "slowly");
  EXPECT_EQ(Explain(kSynFlood, kFreshFlood),
            "SYN queue 1500 (peak 1500, limit 4096) growing by 1500.0/s from 256 source networks "
            "(busiest 1 %), 0 of 1500 handshakes had to repeat the SYN-ACK: SYNs from many sources "
            "that never complete");
  EXPECT_THAT(Explain(kSynFlood, {.signs = {.syn_queue_growth_per_second = -152.7}}),
              testing::HasSubstr(" shrinking by 152.7/s from "));
  EXPECT_EQ(Explain(kReturnPathLoss, kLostPath),
            "38 of 40 handshakes had to repeat the SYN-ACK, from 1 source network (busiest 100 %): "
            "SYN-ACKs or final ACKs are lost on the way");
  EXPECT_EQ(Explain(kSynCookies, kSmallBacklogFlood),
            "the host sends 900.0 SYN cookies/s: the SYN queue is at its limit (17 of 16) and no "
            "longer shows how many handshakes are pending");
  EXPECT_EQ(Explain(kDeferredAccept, kDeferring),
            "90 of 100 handshakes completed and waiting for data (host: 3.0 ACKs/s deferred): "
            "TCP_DEFER_ACCEPT, not an alarm");
}

}  // namespace
}  // namespace connwatch::diagnosis_test
