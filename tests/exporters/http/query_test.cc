#include "exporters/http/query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace connwatch::query_test {
namespace {

using testing::HasSubstr;

constexpr std::array<std::string_view, 3> kKnown = {"limit", "offset", "group"};

Query Parsed(std::string_view text) {
  const auto result = ParseQuery(text, kKnown);
  const auto* mistake = std::get_if<QueryMistake>(&result);
  EXPECT_EQ(mistake, nullptr) << mistake->position << ": " << mistake->text;
  return mistake == nullptr ? std::get<Query>(result) : Query{};
}

QueryMistake MistakeOf(std::string_view text) {
  const auto result = ParseQuery(text, kKnown);
  const auto* mistake = std::get_if<QueryMistake>(&result);
  EXPECT_NE(mistake, nullptr) << text;
  return mistake == nullptr ? QueryMistake{} : *mistake;
}

TEST(QueryTest, NothingIsNoParameters) { EXPECT_TRUE(Parsed("").empty()); }

TEST(QueryTest, ReadsNamesAndValuesWithTheirPositions) {
  const Query query = Parsed("limit=10&group=a%2Bb+c%26%3D&offset=");
  ASSERT_EQ(query.size(), 3U);
  EXPECT_EQ(query[0].name, "limit");
  EXPECT_EQ(query[0].value, "10");
  EXPECT_EQ(query[0].name_position, 1U);
  EXPECT_EQ(query[0].value_position, 7U);
  EXPECT_EQ(query[1].value, "a+b c&=");
  EXPECT_EQ(query[1].name_position, 10U);
  EXPECT_EQ(query[1].value_position, 16U);
  EXPECT_EQ(query[2].value, "");
}

TEST(QueryTest, NamesMayBeEncodedAndValuesHoldEqualsSigns) {
  EXPECT_EQ(Parsed("%6Cimit=1").at(0).name, "limit");
  EXPECT_EQ(Parsed("group=a=b").at(0).value, "a=b");
  EXPECT_EQ(Parsed("group=\xc3\xa9%C3%A9").at(0).value, "\xc3\xa9\xc3\xa9");
}

TEST(QueryTest, SaysWhatIsWrongAndWhere) {
  struct Case {
    std::string_view query;
    std::size_t position;
    std::string_view text;
  };
  for (const Case& wrong : {
           Case{"limt=1", 1, R"(unknown parameter "limt", known: limit, offset, group)"},
           Case{"limit=1&limit=2", 9, R"(parameter "limit" comes twice)"},
           Case{"limit=1&%6Cimit=2", 9, "comes twice"},
           Case{"limit", 1, R"(expected name=value, found "limit")"},
           Case{"&", 1, R"(found "")"},
           Case{"limit=1&", 9, R"(found "")"},
           Case{"=1", 1, R"(unknown parameter "")"},
           Case{"limit=%zz", 7, R"("%zz" is no percent-encoded byte)"},
           Case{"limit=1%2", 8, R"("%2" is no)"},
           Case{"limit=%&group=1", 7, R"("%" is no)"},
           Case{"limit=%+1", 7, R"("%+1" is no)"},
           Case{"limit=%-1", 7, "is no"},
           Case{"group=a%00", 8, "control characters"},
           Case{"group=a%0a", 8, "control characters"},
           Case{"group=\x7f", 7, "control characters"},
           Case{"group=1&l%69mit=2&x=3", 19, "unknown parameter \"x\""},
       }) {
    const QueryMistake mistake = MistakeOf(wrong.query);
    EXPECT_EQ(mistake.position, wrong.position) << wrong.query;
    EXPECT_THAT(mistake.text, HasSubstr(wrong.text)) << wrong.query;
  }
}

TEST(QueryTest, WhereNothingIsKnownItSaysSo) {
  const auto result = ParseQuery("a=1", {});
  EXPECT_THAT(std::get<QueryMistake>(result).text, HasSubstr("this path takes no parameters"));
}

TEST(QueryTest, AMessageStaysShort) {
  EXPECT_LT(MistakeOf(std::string(10'000, 'x')).text.size(), 100U);
}

TEST(PagingTest, HasDefaultsAndReadsBoth) {
  const auto defaults = std::get<Paging>(ReadPaging(Parsed("group=1")));
  EXPECT_EQ(defaults.limit, 100U);
  EXPECT_EQ(defaults.offset, 0U);
  const auto both = std::get<Paging>(ReadPaging(Parsed("offset=1000000000&limit=1000")));
  EXPECT_EQ(both.limit, 1'000U);
  EXPECT_EQ(both.offset, 1'000'000'000U);
}

TEST(PagingTest, RefusesWhatIsNoCountWithin) {
  for (const char* value :
       {"0", "1001", "-1", "+1", "1.0", "x", "", "1x", "%201", "0x10", "99999999999999999999999"}) {
    const auto result = ReadPaging(Parsed("group=a&limit=" + std::string(value)));
    const auto* mistake = std::get_if<QueryMistake>(&result);
    ASSERT_NE(mistake, nullptr) << value;
    EXPECT_EQ(mistake->position, 15U);
    EXPECT_THAT(mistake->text, HasSubstr("limit must be a whole number from 1 to 1000, not "));
  }
  EXPECT_TRUE(std::holds_alternative<QueryMistake>(ReadPaging(Parsed("offset=1000000001"))));
}

}  // namespace
}  // namespace connwatch::query_test
