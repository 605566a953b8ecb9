#include "core/listeners/diagnosis.h"

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

namespace connwatch {
namespace {

using enum DiagnosisCause;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr std::uint64_t kHuge = std::numeric_limits<std::uint64_t>::max();

struct Situation {
  std::string name;
  ListenerEvidence seen;
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
constexpr ListenerEvidence kQuiet = {.accept_queue_limit = 4'096};

constexpr ListenerEvidence kStandingFlood = {.accept_queue_limit = 4'096,
                                             .syn_queue_length = 3'000,
                                             .syn_queue_peak = 3'000,
                                             .syn_queue_retransmitting = 3'000,
                                             .source_prefixes = 256,
                                             .top_source_share = 0.01};

constexpr ListenerEvidence kFreshFlood = {.accept_queue_limit = 4'096,
                                          .syn_queue_length = 1'500,
                                          .syn_queue_peak = 1'500,
                                          .syn_queue_growth_per_second = 1'500,
                                          .source_prefixes = 256,
                                          .top_source_share = 0.01};

// Backlog 16: the kernel stops at 17 and goes on with cookies.
constexpr ListenerEvidence kSmallBacklogFlood = {.accept_queue_limit = 16,
                                                 .syn_queue_length = 17,
                                                 .syn_queue_peak = 17,
                                                 .syn_queue_retransmitting = 17,
                                                 .source_prefixes = 15,
                                                 .top_source_share = 0.12,
                                                 .syn_cookies_per_second = 900};

constexpr ListenerEvidence kLostPath = {.accept_queue_limit = 4'096,
                                        .syn_queue_length = 40,
                                        .syn_queue_peak = 40,
                                        .syn_queue_retransmitting = 38,
                                        .syn_queue_growth_per_second = 2,
                                        .source_prefixes = 1,
                                        .top_source_share = 1};

constexpr ListenerEvidence kDeferring = {.accept_queue_limit = 4'096,
                                         .syn_queue_length = 100,
                                         .syn_queue_peak = 100,
                                         .syn_queue_settled = 90,
                                         .source_prefixes = 60,
                                         .top_source_share = 0.05,
                                         .defer_accept_drops_per_second = 3};

template <typename Change>
ListenerEvidence With(ListenerEvidence seen, Change change) {
  change(seen);
  return seen;
}

using E = ListenerEvidence;

std::vector<Situation> AcceptQueueSituations() {
  return {
      {"Empty", {}, {}},
      {"Quiet", kQuiet, {}},
      {"AcceptQueueAtLimitIsNotFull",
       With(kQuiet, [](E& e) { e.accept_queue_length = 4'096; }),
       {}},
      {"AcceptQueueAboveLimit",
       With(kQuiet, [](E& e) { e.accept_queue_length = 4'097; }),
       {kAcceptQueueFull}},
      {"PeakAboveLimitWithoutDrops", With(kQuiet, [](E& e) { e.accept_queue_peak = 4'097; }), {}},
      {"PeakAtLimitWithDrops",
       With(kQuiet, [](E& e) { e.accept_queue_peak = 4'096, e.drops_per_second = 5; }),
       {}},
      {"PeakAboveLimitWithDrops",
       With(kQuiet, [](E& e) { e.accept_queue_peak = 4'097, e.drops_per_second = 0.03; }),
       {kAcceptQueueFull}},
      {"DropsAlone", With(kQuiet, [](E& e) { e.drops_per_second = 100; }), {}},
      {"LimitZeroAndEmpty", {.drops_per_second = 1, .syn_cookies_per_second = 100}, {}},
      {"LimitZeroAndOneWaiting",
       {.accept_queue_length = 1, .accept_queue_peak = 1},
       {kAcceptQueueFull}},
      {"ReuseportOneAboveItsLimit",
       {.sockets = 4, .accept_queue_length = 41, .accept_queue_limit = 40},
       {kAcceptQueueFull}},
      // The kernel ignores final ACKs then, from many and from few sources.
      {"AcceptQueueFullKeepsManyInSynRecv",
       With(kStandingFlood, [](E& e) { e.accept_queue_length = 4'097; }),
       {kAcceptQueueFull}},
      {"AcceptQueueFullKeepsFewInSynRecv",
       With(kLostPath, [](E& e) { e.accept_queue_peak = 4'097, e.drops_per_second = 1; }),
       {kAcceptQueueFull}},
  };
}

std::vector<Situation> FreshFloodSituations() {
  return {
      {"SpoofedFloodFresh", kFreshFlood, {kSynFlood}},
      {"SpoofedFloodDuringHttpTraffic",
       With(kFreshFlood, [](E& e) { e.completed_per_second = 1'499; }),
       {kSynFlood}},
      {"FreshQueueOnAHostThatCompletesAsMuch",
       With(kFreshFlood, [](E& e) { e.completed_per_second = 1'500; }),
       {}},
      {"FreshQueueOnAHostThatDefersAsMuch",
       With(kFreshFlood, [](E& e) { e.defer_accept_drops_per_second = 1'500; }),
       {}},
      {"FloodOnABusyHostOnceRetransmitting",
       With(kFreshFlood,
            [](E& e) { e.completed_per_second = 5'000, e.syn_queue_retransmitting = 750; }),
       {kSynFlood}},
      {"FreshQueueAtItsThreshold",
       With(kFreshFlood, [](E& e) { e.syn_queue_length = 1'000; }),
       {kSynFlood}},
      {"FreshQueueBelowItsThreshold",
       With(kFreshFlood, [](E& e) { e.syn_queue_length = 999; }),
       {}},
      {"FreshGrowthAtItsShare",
       With(kFreshFlood, [](E& e) { e.syn_queue_growth_per_second = 150; }),
       {kSynFlood}},
      {"BusyQueueThatFluctuates",
       With(kFreshFlood, [](E& e) { e.syn_queue_growth_per_second = 149; }),
       {}},
      {"SlowFloodWithFirstRetransmissions",
       With(kFreshFlood,
            [](E& e) {
              e.syn_queue_length = 100, e.syn_queue_retransmitting = 10;
              e.syn_queue_growth_per_second = 50, e.source_prefixes = 16;
            }),
       {kSynFlood}},
      {"SlowFloodOneRetransmissionShort",
       With(kFreshFlood,
            [](E& e) {
              e.syn_queue_length = 100, e.syn_queue_retransmitting = 9;
              e.syn_queue_growth_per_second = 50, e.source_prefixes = 16;
            }),
       {}},
      {"SlowFloodGrowingTooLittle",
       With(kFreshFlood,
            [](E& e) {
              e.syn_queue_length = 100, e.syn_queue_retransmitting = 10;
              e.syn_queue_growth_per_second = 49.9, e.source_prefixes = 16;
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
              e.syn_queue_length = 256, e.syn_queue_retransmitting = 128, e.source_prefixes = 16;
            }),
       {kSynFlood}},
      {"StandingQueueBelowItsThreshold",
       With(kStandingFlood,
            [](E& e) { e.syn_queue_length = 255, e.syn_queue_retransmitting = 255; }),
       {}},
      {"StandingQueueMostlyAnswered",
       With(kStandingFlood, [](E& e) { e.syn_queue_retransmitting = 1'499; }),
       {}},
      {"BackgroundScans",
       With(kStandingFlood,
            [](E& e) {
              e.syn_queue_length = 60, e.syn_queue_retransmitting = 55, e.source_prefixes = 50;
            }),
       {}},
      {"BetweenFewAndManySources",
       With(kStandingFlood, [](E& e) { e.source_prefixes = 15, e.top_source_share = 0.1; }),
       {}},
      {"AtLimitWithoutCookies",
       With(kStandingFlood,
            [](E& e) {
              e.accept_queue_limit = 128, e.syn_queue_length = 128;
              e.syn_queue_retransmitting = 128, e.source_prefixes = 100;
            }),
       {kSynFlood}},
  };
}

std::vector<Situation> CookieSituations() {
  return {
      {"SmallBacklogFlood", kSmallBacklogFlood, {kSynFlood, kSynCookies}},
      {"SmallBacklogFloodFirstSecond",
       With(kSmallBacklogFlood,
            [](E& e) { e.syn_queue_retransmitting = 0, e.syn_queue_growth_per_second = 17; }),
       {kSynCookies}},
      {"SmallBacklogFloodCookiesOff",
       With(kSmallBacklogFlood,
            [](E& e) { e.syn_cookies_per_second = 0, e.drops_per_second = 900; }),
       {kSynFlood}},
      {"TinyBacklogFlood",
       {.accept_queue_limit = 5,
        .syn_queue_length = 6,
        .syn_queue_retransmitting = 6,
        .source_prefixes = 6,
        .top_source_share = 0.17,
        .syn_cookies_per_second = 50},
       {kSynFlood, kSynCookies}},
      {"TinyBacklogOneSource",
       {.accept_queue_limit = 5,
        .syn_queue_length = 6,
        .syn_queue_retransmitting = 6,
        .source_prefixes = 1,
        .top_source_share = 1,
        .syn_cookies_per_second = 50},
       {kReturnPathLoss, kSynCookies}},
      {"TooTinyToSayMoreThanCookies",
       {.accept_queue_limit = 2,
        .syn_queue_length = 3,
        .syn_queue_retransmitting = 3,
        .source_prefixes = 3,
        .top_source_share = 0.34,
        .syn_cookies_per_second = 50},
       {kSynCookies}},
      {"CookiesAtTheLimitExactly",
       With(kQuiet, [](E& e) { e.syn_queue_length = 4'096, e.syn_cookies_per_second = 0.1; }),
       {kSynCookies}},
      {"CookiesForAnotherListener",
       With(kQuiet, [](E& e) { e.syn_queue_length = 4'095, e.syn_cookies_per_second = 500; }),
       {}},
      {"TooFewCookies",
       With(kQuiet, [](E& e) { e.syn_queue_length = 4'097, e.syn_cookies_per_second = 0.09; }),
       {}},
      {"ReuseportAllAtTheirLimit",
       {.sockets = 4,
        .accept_queue_limit = 64,
        .syn_queue_length = 68,
        .syn_queue_retransmitting = 60,
        .source_prefixes = 60,
        .top_source_share = 0.03,
        .syn_cookies_per_second = 200},
       {kSynFlood, kSynCookies}},
      {"LimitZeroWithOneHandshakeAndCookies",
       {.syn_queue_length = 1, .source_prefixes = 1, .syn_cookies_per_second = 5},
       {kSynCookies}},
  };
}

std::vector<Situation> LossSituations() {
  return {
      {"LostPathToOneSite", kLostPath, {kReturnPathLoss}},
      {"ThreeThousandFromOneSourceFresh",
       With(kFreshFlood, [](E& e) { e.source_prefixes = 1, e.top_source_share = 1; }),
       {}},
      {"ThreeThousandFromOneSourceOnceRetransmitting",
       With(kStandingFlood, [](E& e) { e.source_prefixes = 1, e.top_source_share = 1; }),
       {kReturnPathLoss}},
      {"OneSiteAmongManyBystanders",
       With(kStandingFlood, [](E& e) { e.source_prefixes = 40, e.top_source_share = 0.5; }),
       {kReturnPathLoss}},
      {"LossAtItsThresholds",
       With(kLostPath,
            [](E& e) {
              e.syn_queue_length = 16, e.syn_queue_retransmitting = 8;
              e.source_prefixes = 8, e.top_source_share = 0.2;
            }),
       {kReturnPathLoss}},
      {"LossBelowMinSynQueue",
       With(kLostPath, [](E& e) { e.syn_queue_length = 15, e.syn_queue_retransmitting = 15; }),
       {}},
      {"LossOfLessThanHalf",
       With(kLostPath, [](E& e) { e.syn_queue_length = 16, e.syn_queue_retransmitting = 7; }),
       {}},
      {"LossFromNinePrefixes",
       With(kLostPath, [](E& e) { e.source_prefixes = 9, e.top_source_share = 0.2; }),
       {}},
  };
}

std::vector<Situation> HealthySituations() {
  return {
      {"DeferredAccept", kDeferring, {kDeferredAccept}},
      {"DeferredAtItsThresholds",
       With(kDeferring, [](E& e) { e.syn_queue_length = 16, e.syn_queue_settled = 8; }),
       {kDeferredAccept}},
      {"DeferredBelowItsShare",
       With(kDeferring, [](E& e) { e.syn_queue_length = 16, e.syn_queue_settled = 7; }),
       {}},
      {"DeferredBelowMinSynQueue",
       With(kDeferring, [](E& e) { e.syn_queue_length = 15, e.syn_queue_settled = 15; }),
       {}},
      {"DeferredExcludesFlood",
       With(kStandingFlood,
            [](E& e) { e.syn_queue_settled = 1'500, e.syn_queue_retransmitting = 1'500; }),
       {kDeferredAccept}},
      {"DeferredExcludesLoss",
       With(kLostPath, [](E& e) { e.syn_queue_settled = 20, e.syn_queue_retransmitting = 20; }),
       {kDeferredAccept}},
      {"FloodOnADeferringListener",
       With(kStandingFlood,
            [](E& e) { e.syn_queue_settled = 200, e.syn_queue_retransmitting = 2'800; }),
       {kSynFlood}},
      {"DeferredFillsTheSynQueue",
       With(kDeferring, [](E& e) { e.accept_queue_limit = 99, e.syn_cookies_per_second = 10; }),
       {kDeferredAccept, kSynCookies}},
      {"BurstOf500InFlight",
       With(kQuiet,
            [](E& e) {
              e.syn_queue_length = 500, e.syn_queue_peak = 500, e.syn_queue_growth_per_second = 500;
              e.source_prefixes = 400, e.top_source_share = 0.01;
            }),
       {}},
      {"BurstOf500FromOneHostInFlight",
       With(kQuiet,
            [](E& e) {
              e.syn_queue_length = 500, e.syn_queue_peak = 500, e.syn_queue_growth_per_second = 500;
              e.source_prefixes = 1, e.top_source_share = 1;
            }),
       {}},
      {"BurstOf500Completed",
       With(kQuiet,
            [](E& e) {
              e.accept_queue_length = 20, e.accept_queue_peak = 480, e.syn_queue_peak = 500;
              e.syn_queue_growth_per_second = -500, e.completed_per_second = 500;
            }),
       {}},
  };
}

std::vector<Situation> OddNumbers() {
  return {
      {"EverythingNan",
       {.accept_queue_limit = 16,
        .drops_per_second = kNan,
        .syn_queue_length = 2'000,
        .syn_queue_growth_per_second = kNan,
        .source_prefixes = 256,
        .top_source_share = kNan,
        .syn_cookies_per_second = kNan,
        .defer_accept_drops_per_second = kNan,
        .completed_per_second = kNan},
       {}},
      {"EverythingInfinite",
       {.accept_queue_peak = 17,
        .accept_queue_limit = 16,
        .drops_per_second = kInfinity,
        .syn_queue_length = 2'000,
        .syn_queue_growth_per_second = kInfinity,
        .source_prefixes = 256,
        .top_source_share = kInfinity,
        .syn_cookies_per_second = kInfinity,
        .defer_accept_drops_per_second = -kInfinity,
        .completed_per_second = kInfinity},
       {}},
      {"NanElsewhereDoesNotHideAFlood",
       With(kFreshFlood,
            [](E& e) { e.defer_accept_drops_per_second = kNan, e.completed_per_second = kNan; }),
       {kSynFlood}},
      {"LargestNumbers",
       {.sockets = kHuge,
        .accept_queue_length = kHuge,
        .accept_queue_peak = kHuge,
        .accept_queue_limit = kHuge,
        .drops_per_second = 1e308,
        .syn_queue_length = kHuge,
        .syn_queue_peak = kHuge,
        .syn_queue_retransmitting = kHuge,
        .syn_queue_growth_per_second = 1e308,
        .source_prefixes = kHuge,
        .syn_cookies_per_second = 1e308},
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
    ListenerEvidence seen = kStandingFlood;
    seen.syn_queue_length = sent(ms);
    seen.syn_queue_retransmitting = sent(ms - 1'000);
    seen.syn_queue_growth_per_second = static_cast<double>(sent(ms) - sent(ms - 1'000));
    EXPECT_EQ(CausesOf(Diagnose(seen, {})), std::set{kSynFlood}) << ms;

    seen.source_prefixes = 1;
    seen.top_source_share = 1;
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
  EXPECT_EQ(Explain(kAcceptQueueFull, {.sockets = 4,
                                       .accept_queue_length = 516,
                                       .accept_queue_peak = 520,
                                       .accept_queue_limit = 512,
                                       .drops_per_second = 12.54}),
            "accept queue 516 (peak 520, limit 512 over 4 sockets), 12.5 drops/s: the application "
            "accepts too slowly");
  EXPECT_EQ(Explain(kSynFlood, kFreshFlood),
            "SYN queue 1500 (peak 1500, limit 4096) growing by 1500.0/s from 256 source networks "
            "(busiest 1 %), 0 of 1500 handshakes had to repeat the SYN-ACK: SYNs from many sources "
            "that never complete");
  EXPECT_THAT(Explain(kSynFlood, {.syn_queue_growth_per_second = -152.7}),
              testing::HasSubstr(" shrinking by 152.7/s from "));
  EXPECT_EQ(Explain(kReturnPathLoss, kLostPath),
            "38 of 40 handshakes had to repeat the SYN-ACK, from 1 source network (busiest 100 %): "
            "SYN-ACKs or final ACKs are lost on the way");
  EXPECT_EQ(Explain(kSynCookies, kSmallBacklogFlood),
            "SYN queue 17 (peak 17, limit 16), the host sends 900.0 SYN cookies/s: the queue no "
            "longer shows how many handshakes are pending");
  EXPECT_EQ(Explain(kDeferredAccept, kDeferring),
            "90 of 100 handshakes completed and waiting for data (host: 3.0 ACKs/s deferred): "
            "TCP_DEFER_ACCEPT, not an alarm");
}

}  // namespace
}  // namespace connwatch
