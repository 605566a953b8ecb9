#include "core/groups/group_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace connwatch {
namespace {

using testing::ElementsAre;

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

// The names of the groups that are shown, by id.
std::vector<std::string> Shown(const GroupBook& book) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < book.size(); ++i) {
    const auto id = static_cast<GroupId>(i);
    if (book.IsShown(id)) names.emplace_back(book.NameOf(id));
  }
  return names;
}

std::string_view NameFor(GroupBook& book, const ConnectionTraits& traits) {
  return book.NameOf(book.Of(traits));
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
  EXPECT_EQ(book.Of(Outbound(443)), book.Of(Inbound(443)));
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
  EXPECT_EQ(book.Of(Inbound(2, "nginx.service")), book.Of(Inbound(1)));
  EXPECT_EQ(book.Of(Inbound(2, "443")), book.Of(Inbound(443)));
  EXPECT_EQ(book.Of(Inbound(2, "other")), kOtherGroup);
  EXPECT_EQ(book.folded(), 0U);
}

TEST(GroupBookTest, SeveralRulesMayShareAName) {
  GroupBook book({.rules = {ByLocalPort("edge", 80), ByLocalPort("edge", 443)}});
  EXPECT_EQ(book.Of(Inbound(80)), book.Of(Inbound(443)));
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
  book.Of(Inbound(1));
  for (int i = 0; i < 3; ++i) {
    for (std::uint16_t port = 2; port <= 11; ++port) EXPECT_EQ(book.Of(Inbound(port)), kOtherGroup);
  }
  book.Of(Outbound(11));
  EXPECT_EQ(book.folded(), 10U);
}

TEST(GroupBookTest, CountsEachFoldedUnitOnce) {
  GroupBook book({.group_by = GroupBy::kUnit, .max_groups = 1});
  book.Of(Inbound(1, "a.service"));
  for (const char* unit : {"b.service", "c.service", "b.service", "a.service"}) {
    book.Of(Inbound(1, unit));
  }
  book.Of(Inbound(1));
  EXPECT_EQ(book.folded(), 3U);
}

TEST(GroupBookTest, TheCountOfFoldedUnitsIsBounded) {
  GroupBook book({.group_by = GroupBy::kUnit, .max_groups = 1});
  for (std::size_t i = 0; i < GroupBook::kMaxFoldedUnits + 1'000; ++i) {
    book.Of(Inbound(1, "u" + std::to_string(i) + ".scope"));
  }
  EXPECT_EQ(book.folded(), GroupBook::kMaxFoldedUnits);
  EXPECT_EQ(book.size(), 2U);
}

TEST(GroupBookTest, EveryPortCanHaveAGroup) {
  GroupBook book({.max_groups = 10'000});
  for (unsigned port = 0; port < 65'536; ++port) book.Of(Inbound(static_cast<std::uint16_t>(port)));
  EXPECT_EQ(book.size(), 10'001U);
  EXPECT_EQ(book.folded(), 55'536U);
}

TEST(GroupBookTest, IdsOutliveAReload) {
  GroupBook book({.rules = {ByLocalPort("edge", 443), ByLocalPort("db", 5'432)}});
  const GroupId edge = book.Of(Inbound(443));
  const GroupId ssh = book.Of(Inbound(22));
  ASSERT_TRUE(book.Reconfigure({.rules = {ByLocalPort("new", 80), ByLocalPort("edge", 8'443)}}));
  EXPECT_EQ(book.Of(Inbound(8'443)), edge);
  EXPECT_EQ(book.Of(Inbound(22)), ssh);
  EXPECT_EQ(NameFor(book, Inbound(443)), "443");
  EXPECT_EQ(NameFor(book, Inbound(80)), "new");
}

TEST(GroupBookTest, AGroupThatIsNotConfiguredAnyMoreStaysIfItHadConnections) {
  GroupBook book({.rules = {ByLocalPort("edge", 443), ByLocalPort("db", 5'432)}});
  const GroupId edge = book.Of(Inbound(443));
  ASSERT_TRUE(book.Reconfigure({}));
  EXPECT_THAT(Shown(book), ElementsAre("other", "edge"));
  EXPECT_EQ(book.NameOf(edge), "edge");
}

TEST(GroupBookTest, AGroupThatComesBackHasItsIdAgain) {
  GroupBook book({.rules = {ByLocalPort("edge", 443), ByLocalPort("db", 5'432)}});
  const GroupId db = book.Of(Inbound(5'432));
  ASSERT_TRUE(book.Reconfigure({}));
  ASSERT_TRUE(book.Reconfigure({.rules = {ByLocalPort("db", 3'306), ByLocalPort("edge", 1)}}));
  EXPECT_EQ(book.Of(Inbound(3'306)), db);
  EXPECT_THAT(Shown(book), ElementsAre("other", "edge", "db"));
  EXPECT_EQ(book.size(), 3U);
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
  book.Of(Inbound(1));
  book.Of(Inbound(2));
  ASSERT_TRUE(book.Reconfigure({.max_groups = 2}));
  EXPECT_EQ(book.folded(), 0U);
  EXPECT_EQ(NameFor(book, Inbound(2)), "2");
  EXPECT_EQ(NameFor(book, Inbound(3)), "other");
  EXPECT_EQ(book.folded(), 1U);
}

TEST(GroupBookTest, LessRoomTakesNoGroupAway) {
  GroupBook book({.max_groups = 3});
  for (std::uint16_t port = 1; port <= 3; ++port) book.Of(Inbound(port));
  ASSERT_TRUE(book.Reconfigure({.rules = {ByLocalPort("edge", 443)}, .max_groups = 1}));
  EXPECT_THAT(Shown(book), ElementsAre("other", "1", "2", "3", "edge"));
  EXPECT_EQ(NameFor(book, Inbound(2)), "2");
  EXPECT_EQ(NameFor(book, Inbound(4)), "other");
}

TEST(GroupBookTest, NamesStayWhereTheyAre) {
  GroupBook book({.rules = {ByLocalPort("edge", 443)}, .max_groups = 10'000});
  const std::string_view name = book.NameOf(1);
  const char* place = name.data();
  for (std::uint16_t port = 1; port < 9'999; ++port) book.Of(Inbound(port));
  EXPECT_EQ(book.NameOf(1).data(), place);
  EXPECT_EQ(name, "edge");
}

TEST(GroupBookTest, TheLastIdIsGivenAndNoneAfterIt) {
  constexpr GroupId kLastId = 65'535;
  GroupBook book({.group_by = GroupBy::kUnit, .max_groups = 100'000});
  for (GroupId id = 1; id < kLastId; ++id) book.Of(Inbound(1, "u" + std::to_string(id)));
  ASSERT_TRUE(book.Reconfigure({.group_by = GroupBy::kUnit, .max_groups = 100'000}));
  EXPECT_FALSE(book.Reconfigure({.rules = {ByLocalPort("a", 1), ByLocalPort("b", 2)}}));
  EXPECT_EQ(book.Of(Inbound(1, "last")), kLastId);
  EXPECT_EQ(book.Of(Inbound(1, "one too many")), kOtherGroup);
  EXPECT_EQ(book.folded(), 1U);
  EXPECT_EQ(book.size(), 65'536U);
  EXPECT_EQ(book.Of(Inbound(1, "u1")), 1U) << "known ones stay";
}

TEST(GroupBookTest, AReloadMayTakeTheLastId) {
  GroupBook book({.group_by = GroupBy::kUnit, .max_groups = 100'000});
  for (int id = 1; id < 65'535; ++id) book.Of(Inbound(1, "u" + std::to_string(id)));
  ASSERT_TRUE(book.Reconfigure({.rules = {ByLocalPort("edge", 443), ByLocalPort("u1", 80)}}));
  EXPECT_EQ(book.Of(Inbound(443)), 65'535U);
  EXPECT_EQ(book.Of(Inbound(80)), 1U);
}

TEST(GroupBookTest, RefusesAReloadThatWouldRunOutOfIds) {
  const auto rules = [](int generation) {
    std::vector<GroupRule> list;
    for (std::uint16_t i = 0; i < kMaxGroupRules; ++i) {
      list.push_back(ByLocalPort("g" + std::to_string(generation) + "-" + std::to_string(i), i));
    }
    return list;
  };
  GroupBook book({.rules = rules(0), .max_groups = 10'000});
  for (int generation = 1; generation <= 5; ++generation) {
    ASSERT_TRUE(book.Reconfigure({.rules = rules(generation), .max_groups = 10'000}));
  }
  const Result<void> result = book.Reconfigure({.rules = rules(6), .max_groups = 10'000});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().context,
            "more than 65535 group names since the start, restart the daemon to use new ones");
  EXPECT_EQ(NameFor(book, Inbound(7)), "g5-7");
  EXPECT_TRUE(book.Reconfigure({.rules = rules(0), .max_groups = 10'000}));
}

}  // namespace
}  // namespace connwatch
