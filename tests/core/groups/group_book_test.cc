#include "core/groups/group_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace connwatch::group_book_test {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

constexpr MonotonicTime kStart{hours(100)};

ConnectionTraits Inbound(std::uint16_t local_port, std::string_view unit = "") {
  return {.direction = Direction::kInbound,
          .local = {IpAddress(), local_port},
          .remote = {IpAddress(), 50'000},
          .unit = unit};
}

ConnectionTraits Outbound(std::uint16_t remote_port, std::string_view unit = "") {
  return {.direction = Direction::kOutbound,
          .local = {IpAddress(), 40'000},
          .remote = {IpAddress(), remote_port},
          .unit = unit};
}

GroupRule ByLocalPort(std::string name, std::uint16_t port) {
  return {std::move(name), {.local_ports = {{port, port}}}};
}

// The names of the groups that are shown, by place.
std::vector<std::string> Shown(const GroupBook& book) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < book.size(); ++i) {
    const GroupId id = book.AtPlace(static_cast<std::uint16_t>(i));
    if (book.IsShown(id)) names.emplace_back(book.NameOf(id));
  }
  return names;
}

GroupId Of(GroupBook& book, const ConnectionTraits& traits) { return book.Of(traits, kStart); }

std::string_view NameFor(GroupBook& book, const ConnectionTraits& traits) {
  return book.NameOf(Of(book, traits));
}

TEST(GroupBookTest, ConfiguredGroupsAreThereFromTheStart) {
  const GroupBook book({.rules = {ByLocalPort("edge", 443), ByLocalPort("db", 5'432)}});
  EXPECT_THAT(Shown(book), ElementsAre("other", "edge", "db"));
  EXPECT_EQ(book.NameOf(kOtherGroup), "other");
  EXPECT_EQ(book.folded(), 0U);
}

TEST(GroupBookTest, ARuleComesBeforeTheAutomaticGroup) {
  GroupBook book({.rules = {ByLocalPort("edge", 443)}});
  EXPECT_EQ(NameFor(book, Inbound(443)), "edge");
  EXPECT_EQ(NameFor(book, Outbound(443)), "443");
  EXPECT_THAT(Shown(book), ElementsAre("other", "edge", "443"));
}

TEST(GroupBookTest, ByPortTheListenedOneOrTheOneConnectedTo) {
  GroupBook book({});
  EXPECT_EQ(NameFor(book, Inbound(443)), "443");
  EXPECT_EQ(NameFor(book, Outbound(5'432)), "5432");
  EXPECT_EQ(NameFor(book, Outbound(65'535)), "65535");
  EXPECT_EQ(Of(book, Outbound(443)), Of(book, Inbound(443)));
}

TEST(GroupBookTest, ByUnitAndByPortWhereTheUnitIsNotKnown) {
  GroupBook book({.group_by = GroupBy::kUnit});
  EXPECT_EQ(NameFor(book, Inbound(443, "nginx.service")), "nginx.service");
  EXPECT_EQ(NameFor(book, Outbound(5'432, "nginx.service")), "nginx.service");
  EXPECT_EQ(NameFor(book, Inbound(443)), "443");
  EXPECT_THAT(Shown(book), ElementsAre("other", "nginx.service", "443"));
}

TEST(GroupBookTest, ByPortTheUnitDoesNotMatter) {
  GroupBook book({});
  EXPECT_EQ(NameFor(book, Inbound(443, "nginx.service")), "443");
}

TEST(GroupBookTest, OneNameIsOneGroup) {
  GroupBook book({.rules = {ByLocalPort("nginx.service", 1)}, .group_by = GroupBy::kUnit});
  EXPECT_EQ(Of(book, Inbound(2, "nginx.service")), Of(book, Inbound(1)));
  EXPECT_EQ(Of(book, Inbound(2, "443")), Of(book, Inbound(443)));
  EXPECT_EQ(Of(book, Inbound(2, "other")), kOtherGroup);
  EXPECT_EQ(book.folded(), 0U);
}

TEST(GroupBookTest, SeveralRulesMayShareAName) {
  GroupBook book({.rules = {ByLocalPort("edge", 80), ByLocalPort("edge", 443)}});
  EXPECT_EQ(Of(book, Inbound(80)), Of(book, Inbound(443)));
  EXPECT_THAT(Shown(book), ElementsAre("other", "edge"));
}

TEST(GroupBookTest, ConfiguredGroupsTakeRoom) {
  GroupBook book({.rules = {ByLocalPort("edge", 443)}, .max_groups = 2});
  EXPECT_EQ(NameFor(book, Inbound(80)), "80");
  EXPECT_EQ(NameFor(book, Inbound(81)), "other");
  EXPECT_EQ(NameFor(book, Inbound(80)), "80");
  EXPECT_EQ(NameFor(book, Inbound(443)), "edge");
}

TEST(GroupBookTest, ConfiguredGroupsFitWhateverTheRoom) {
  GroupBook book(
      {.rules = {ByLocalPort("a", 1), ByLocalPort("b", 2), ByLocalPort("c", 3)}, .max_groups = 1});
  EXPECT_EQ(NameFor(book, Inbound(3)), "c");
  EXPECT_EQ(NameFor(book, Inbound(4)), "other");
}

TEST(GroupBookTest, CountsEachFoldedPortOnce) {
  GroupBook book({.max_groups = 1});
  Of(book, Inbound(1));
  for (int i = 0; i < 3; ++i) {
    for (std::uint16_t port = 2; port <= 11; ++port)
      EXPECT_EQ(Of(book, Inbound(port)), kOtherGroup);
  }
  Of(book, Outbound(11));
  EXPECT_EQ(book.folded(), 10U);
}

TEST(GroupBookTest, CountsEachFoldedUnitOnce) {
  GroupBook book({.group_by = GroupBy::kUnit, .max_groups = 1});
  Of(book, Inbound(1, "a.service"));
  for (const char* unit : {"b.service", "c.service", "b.service", "a.service"}) {
    Of(book, Inbound(1, unit));
  }
  Of(book, Inbound(1));
  EXPECT_EQ(book.folded(), 3U);
}

TEST(GroupBookTest, TheCountOfFoldedUnitsIsBounded) {
  GroupBook book({.group_by = GroupBy::kUnit, .max_groups = 1});
  for (std::size_t i = 0; i < GroupCandidates::kMaxCandidates + 1'000; ++i) {
    Of(book, Inbound(1, "u" + std::to_string(i) + ".scope"));
  }
  EXPECT_EQ(book.folded(), GroupCandidates::kMaxCandidates);
  EXPECT_EQ(book.size(), 3U);
}

TEST(GroupBookTest, EveryPortCanHaveAGroup) {
  GroupBook book({.max_groups = 10'000});
  for (unsigned port = 0; port < 65'536; ++port)
    Of(book, Inbound(static_cast<std::uint16_t>(port)));
  EXPECT_EQ(book.size(), 10'002U);
  EXPECT_EQ(book.folded(), 55'536U);
}

TEST(GroupBookTest, IdsOutliveAReload) {
  GroupBook book({.rules = {ByLocalPort("edge", 443), ByLocalPort("db", 5'432)}});
  const GroupId edge = Of(book, Inbound(443));
  const GroupId ssh = Of(book, Inbound(22));
  ASSERT_TRUE(book.Reconfigure({.rules = {ByLocalPort("new", 80), ByLocalPort("edge", 8'443)}}));
  EXPECT_EQ(Of(book, Inbound(8'443)), edge);
  EXPECT_EQ(Of(book, Inbound(22)), ssh);
  EXPECT_EQ(NameFor(book, Inbound(443)), "443");
  EXPECT_EQ(NameFor(book, Inbound(80)), "new");
}

TEST(GroupBookTest, AGroupThatIsNotConfiguredAnyMoreStaysIfItHadConnections) {
  GroupBook book({.rules = {ByLocalPort("edge", 443), ByLocalPort("db", 5'432)}});
  const GroupId edge = Of(book, Inbound(443));
  ASSERT_TRUE(book.Reconfigure({}));
  EXPECT_THAT(Shown(book), ElementsAre("other", "edge"));
  EXPECT_EQ(book.NameOf(edge), "edge");
}

TEST(GroupBookTest, AGroupThatComesBackHasItsIdAgain) {
  GroupBook book({.rules = {ByLocalPort("edge", 443), ByLocalPort("db", 5'432)}});
  const GroupId db = Of(book, Inbound(5'432));
  ASSERT_TRUE(book.Reconfigure({}));
  ASSERT_TRUE(book.Reconfigure({.rules = {ByLocalPort("db", 3'306), ByLocalPort("edge", 1)}}));
  EXPECT_EQ(Of(book, Inbound(3'306)), db);
  EXPECT_THAT(Shown(book), ElementsAre("other", "edge", "db"));
  EXPECT_EQ(book.size(), 4U);
}

TEST(GroupBookTest, AUnitMayTakeTheNameOfAGroupThatIsGone) {
  GroupBook book({.rules = {ByLocalPort("a.service", 443)}, .max_groups = 1});
  const GroupBookOptions by_unit{.group_by = GroupBy::kUnit, .max_groups = 1};
  ASSERT_TRUE(book.Reconfigure(by_unit));
  EXPECT_THAT(Shown(book), ElementsAre("other"));
  EXPECT_EQ(NameFor(book, Inbound(1, "a.service")), "a.service");
  EXPECT_EQ(NameFor(book, Inbound(1, "b.service")), "other");
  EXPECT_THAT(Shown(book), ElementsAre("other", "a.service"));
}

TEST(GroupBookTest, MoreRoomUnfolds) {
  GroupBook book({.max_groups = 1});
  Of(book, Inbound(1));
  Of(book, Inbound(2));
  ASSERT_TRUE(book.Reconfigure({.max_groups = 2}));
  EXPECT_EQ(book.folded(), 0U);
  EXPECT_EQ(NameFor(book, Inbound(2)), "2");
  EXPECT_EQ(NameFor(book, Inbound(3)), "other");
  EXPECT_EQ(book.folded(), 1U);
}

TEST(GroupBookTest, LessRoomTakesNoGroupAway) {
  GroupBook book({.max_groups = 3});
  for (std::uint16_t port = 1; port <= 3; ++port) Of(book, Inbound(port));
  ASSERT_TRUE(book.Reconfigure({.rules = {ByLocalPort("edge", 443)}, .max_groups = 1}));
  EXPECT_THAT(Shown(book), ElementsAre("other", "1", "2", "3", "edge"));
  EXPECT_EQ(NameFor(book, Inbound(2)), "2");
  EXPECT_EQ(NameFor(book, Inbound(4)), "other");
}

TEST(GroupBookTest, NamesStayWhereTheyAre) {
  GroupBook book({.rules = {ByLocalPort("edge", 443)}, .max_groups = 10'000});
  const GroupId edge = Of(book, Inbound(443));
  const std::string_view name = book.NameOf(edge);
  const char* place = name.data();
  for (std::uint16_t port = 1; port < 9'999; ++port) Of(book, Inbound(port));
  EXPECT_EQ(book.NameOf(edge).data(), place);
  EXPECT_EQ(name, "edge");
}

// Fills all places but `left` with units.
GroupBook NearlyFullBook(int left) {
  constexpr int kPlaces = int{GroupBook::kMaxPlaces} - 2;  // "other" and "ephemeral" have one each
  GroupBook book({.group_by = GroupBy::kUnit, .max_groups = 100'000});
  for (int i = 0; i < kPlaces - left; ++i) Of(book, Inbound(1, "u" + std::to_string(i)));
  return book;
}

TEST(GroupBookTest, TheLastPlaceIsGivenAndNoneAfterIt) {
  GroupBook book = NearlyFullBook(1);
  const GroupId first = Of(book, Inbound(1, "u0"));
  EXPECT_EQ(Of(book, Inbound(1, "last")).place, 65'535);
  EXPECT_EQ(Of(book, Inbound(1, "one too many")), kOtherGroup);
  EXPECT_EQ(book.folded(), 1U);
  EXPECT_EQ(book.size(), GroupBook::kMaxPlaces);
  EXPECT_EQ(Of(book, Inbound(1, "u0")), first) << "known ones stay";
}

// Rules for the local ports from 1 on.
std::vector<GroupRule> Rules(const std::string& prefix, std::size_t count) {
  std::vector<GroupRule> rules;
  for (std::size_t i = 0; i < count; ++i) {
    rules.push_back(ByLocalPort(prefix + std::to_string(i), static_cast<std::uint16_t>(i + 1)));
  }
  return rules;
}

// Each of the groups has a connection.
void MeetAll(GroupBook& book, std::size_t groups, MonotonicTime now) {
  for (std::size_t i = 0; i < groups; ++i) {
    book.Of(Inbound(static_cast<std::uint16_t>(i + 1)), now);
  }
}

TEST(GroupBookTest, RefusesAReloadThatWouldLeaveTooManyGroups) {
  constexpr std::size_t kHalf = GroupBook::kMaxAfterReload / 2;
  GroupBook book({.rules = Rules("a", kHalf), .max_groups = kHalf});
  MeetAll(book, kHalf, kStart);
  ASSERT_TRUE(book.Reconfigure({.rules = Rules("b", kHalf), .max_groups = kHalf}));
  MeetAll(book, kHalf, kStart);
  const Result<void> result = book.Reconfigure({.rules = Rules("c", 1), .max_groups = kHalf});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().context,
            "more than 20000 groups in use: those that are no longer configured give way once they "
            "had no connection for a minute");
  EXPECT_EQ(NameFor(book, Inbound(1)), "b0") << "nothing has changed";
  EXPECT_TRUE(book.Reconfigure({.rules = Rules("a", kHalf), .max_groups = kHalf}))
      << "no group would be new";
  EXPECT_EQ(book.Rearrange(kStart + GroupBook::kIdleWhenCrowded).released.size(), kHalf);
  EXPECT_TRUE(book.Reconfigure({.rules = Rules("c", kHalf), .max_groups = kHalf}));
}

TEST(GroupBookTest, FarMoreGroupsThanMaxGroupsGiveWayAfterAMinute) {
  GroupBook book({.rules = Rules("a", 2), .max_groups = 2});
  MeetAll(book, 2, kStart);
  ASSERT_TRUE(book.Reconfigure({.rules = Rules("b", 2), .max_groups = 2}));
  MeetAll(book, 2, kStart + std::chrono::seconds(1));
  const MonotonicTime later = kStart + hours(10);
  EXPECT_TRUE(book.Rearrange(later).released.empty()) << "twice as many are not far more";
  ASSERT_TRUE(book.Reconfigure({.rules = Rules("c", 2), .max_groups = 2}));
  EXPECT_THAT(Shown(book), ElementsAre("other", "a0", "a1", "b0", "b1", "c0", "c1"));
  const GroupBook::Rearrangement made = book.Rearrange(later);
  EXPECT_EQ(made.released.size(), 2U);
  EXPECT_FALSE(made.has_new_groups);
  EXPECT_THAT(Shown(book), ElementsAre("other", "b0", "b1", "c0", "c1")) << "the longest idle go";
}

TEST(GroupBookTest, AGroupWithConnectionsStaysHoweverCrowdedItIs) {
  GroupBook book({.rules = Rules("a", 1), .max_groups = 1});
  const GroupId busy = Of(book, Inbound(1));
  for (const char* name : {"b", "c", "d"}) {
    ASSERT_TRUE(book.Reconfigure({.rules = Rules(name, 1), .max_groups = 1}));
    MeetAll(book, 1, kStart);
  }
  const MonotonicTime nearly = kStart + GroupBook::kIdleWhenCrowded - std::chrono::seconds(1);
  EXPECT_TRUE(book.Rearrange(nearly).released.empty());
  book.Meet(busy, nearly);
  EXPECT_EQ(book.Rearrange(nearly + std::chrono::seconds(1)).released.size(), 2U);
  EXPECT_THAT(Shown(book), ElementsAre("other", "a0", "d0"));
}

TEST(GroupBookTest, EverNewNamesWithConnectionsNeedABoundedNumberOfPlaces) {
  GroupBook book({});
  MonotonicTime now = kStart;
  for (int reload = 0; reload < 30; ++reload) {
    const std::string prefix = "g" + std::to_string(reload) + "-";
    ASSERT_TRUE(book.Reconfigure({.rules = Rules(prefix, 1'000), .max_groups = 1'000}));
    MeetAll(book, 1'000, now);
    now += GroupBook::kIdleWhenCrowded;
    book.Rearrange(now);
  }
  EXPECT_LT(book.size(), 3'100U);
}

TEST(GroupBookTest, ConfiguredGroupsThatWereNeverMetLeaveNothingBehind) {
  GroupBook book({});
  for (int reload = 0; reload < 30; ++reload) {
    std::vector<GroupRule> rules;
    for (std::uint16_t i = 0; i < 1'000; ++i) {
      rules.push_back(ByLocalPort("g" + std::to_string(reload) + "-" + std::to_string(i), i));
    }
    ASSERT_TRUE(book.Reconfigure({.rules = rules, .max_groups = 1'000}));
  }
  EXPECT_LT(book.size(), 2'100U);
  ASSERT_TRUE(book.Reconfigure({}));
  EXPECT_THAT(Shown(book), ElementsAre("other"));
}

TEST(GroupBookTest, APortThatIsNoServiceIsInTheGroupOfEphemeralPorts) {
  GroupBook book({.rules = {ByLocalPort("ftp-data", 50'000)}, .max_groups = 2});
  ConnectionTraits client = Inbound(40'000);
  client.is_service = false;
  EXPECT_THAT(Shown(book), ElementsAre("other", "ftp-data"));
  EXPECT_EQ(Of(book, client), kEphemeralGroup);
  EXPECT_THAT(Shown(book), ElementsAre("other", "ephemeral", "ftp-data"));
  GroupBook with_listener({});
  EXPECT_EQ(with_listener.OfListener(client, kStart), kEphemeralGroup);
  EXPECT_THAT(Shown(with_listener), ElementsAre("other", "ephemeral")) << "nothing is left out";
  client.local.port = 50'000;
  EXPECT_EQ(NameFor(book, client), "ftp-data") << "rules come first";
  EXPECT_EQ(NameFor(book, Inbound(443)), "443") << "it takes no room";
}

TEST(GroupBookTest, AnIdleGroupGivesItsPlaceToTheCandidateWithMostTraffic) {
  GroupBook book({.max_groups = 2});
  const GroupId idle = book.Of(Inbound(1), kStart);
  const GroupId busy = book.Of(Inbound(2), kStart);
  const MonotonicTime later = kStart + GroupBook::kIdle;
  book.Meet(busy, later);
  book.Of(Inbound(3), later);
  book.Of(Inbound(4), later);
  book.AddFoldedTraffic(Inbound(3), 10, later);
  book.AddFoldedTraffic(Inbound(4), 1'000, later);
  const GroupBook::Rearrangement made = book.Rearrange(later);
  ASSERT_EQ(made.released.size(), 1U);
  EXPECT_EQ(made.released[0].id, idle);
  EXPECT_EQ(made.released[0].port, 1);
  EXPECT_TRUE(made.has_new_groups);
  EXPECT_THAT(Shown(book), ElementsAre("other", "4", "2"));
  const GroupId next = book.Of(Inbound(4), later);
  EXPECT_EQ(next.place, idle.place);
  EXPECT_NE(next, idle) << "another generation";
  EXPECT_EQ(book.Of(Inbound(1), later), kOtherGroup);
  EXPECT_EQ(book.folded(), 2U);
}

TEST(GroupBookTest, AsManyIdleGroupsGiveWayAsThereAreCandidates) {
  GroupBook book({.max_groups = 3});
  for (std::uint16_t port = 1; port <= 5; ++port) Of(book, Inbound(port));
  const GroupBook::Rearrangement made = book.Rearrange(kStart + GroupBook::kIdle);
  EXPECT_EQ(made.released.size(), 2U);
  EXPECT_TRUE(made.has_new_groups);
  EXPECT_THAT(Shown(book), UnorderedElementsAre("other", "3", "4", "5"));
}

TEST(GroupBookTest, AGroupKeepsItsPlaceForAnHourAndAsLongAsNobodyWantsIt) {
  GroupBook book({.max_groups = 1});
  book.Of(Inbound(1), kStart);
  EXPECT_TRUE(book.Rearrange(kStart + hours(10)).released.empty()) << "nobody wants it";
  EXPECT_THAT(Shown(book), ElementsAre("other", "1"));
  book.Of(Inbound(1), kStart + hours(10));
  const MonotonicTime nearly = kStart + hours(10) + GroupBook::kIdle - minutes(1);
  book.Of(Inbound(2), nearly);
  EXPECT_TRUE(book.Rearrange(nearly).released.empty());
  EXPECT_FALSE(book.Rearrange(nearly).has_new_groups);
  EXPECT_EQ(book.Rearrange(nearly + minutes(1)).released.size(), 1U);
  EXPECT_THAT(Shown(book), ElementsAre("other", "2"));
}

TEST(GroupBookTest, AListenerAloneKeepsNoGroupAndWantsNoPlace) {
  GroupBook book({.max_groups = 1});
  book.OfListener(Inbound(1), kStart);
  const MonotonicTime later = kStart + GroupBook::kIdle;
  EXPECT_EQ(book.OfListener(Inbound(2), later), kOtherGroup);
  EXPECT_TRUE(book.Rearrange(later).released.empty());
  EXPECT_EQ(book.OfListener(Inbound(1), later), book.AtPlace(2));
  book.Of(Inbound(3), later);
  EXPECT_EQ(book.Rearrange(later).released.size(), 1U);
  EXPECT_THAT(Shown(book), ElementsAre("other", "3"));
}

TEST(GroupBookTest, AConfiguredGroupKeepsItsPlace) {
  GroupBook book({.rules = {ByLocalPort("edge", 443)}, .max_groups = 1});
  const MonotonicTime later = kStart + hours(10);
  book.Of(Inbound(1), later);
  EXPECT_TRUE(book.Rearrange(later).released.empty());
  EXPECT_THAT(Shown(book), ElementsAre("other", "edge"));
}

TEST(GroupBookTest, ACandidateWithoutConnectionsForAnHourIsForgotten) {
  GroupBook book({.max_groups = 0});
  book.Of(Inbound(1), kStart);
  book.Rearrange(kStart + GroupCandidates::kMemory);
  EXPECT_EQ(book.folded(), 1U);
  book.Rearrange(kStart + GroupCandidates::kMemory + minutes(1));
  EXPECT_EQ(book.folded(), 0U);
}

TEST(GroupBookTest, WithoutGroupsAllIsOther) {
  GroupBook book({.rules = {}, .group_by = GroupBy::kNone});
  EXPECT_EQ(book.Of(Inbound(1), kStart), kOtherGroup);
  book.AddFoldedTraffic(Inbound(1), 100, kStart);
  EXPECT_EQ(book.folded(), 0U);
  EXPECT_FALSE(book.Rearrange(kStart).has_new_groups);
  ASSERT_TRUE(book.Reconfigure({.group_by = GroupBy::kPort}));
  EXPECT_EQ(book.NameOf(book.Of(Inbound(1), kStart)), "1");
}

}  // namespace
}  // namespace connwatch::group_book_test
