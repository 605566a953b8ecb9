#include "config/link_url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string_view>

namespace connwatch::link_url_test {
namespace {

using testing::HasSubstr;

TEST(ExternalUrl, LosesTheSlashesAtItsEnd) {
  EXPECT_EQ(ParseExternalUrl("https://watch.example.org").value(), "https://watch.example.org");
  EXPECT_EQ(ParseExternalUrl("http://web1:10177/connwatch//").value(),
            "http://web1:10177/connwatch");
  EXPECT_EQ(ParseExternalUrl("").value(), "");
}

TEST(ExternalUrl, HasNoQueryAndNoFragment) {
  EXPECT_EQ(ParseExternalUrl("https://a/?b").error().context, "has a query (?), must have none");
  EXPECT_EQ(ParseExternalUrl("https://a/#b").error().context, "has a fragment (#), must have none");
  EXPECT_THAT(ParseExternalUrl("a").error().context, HasSubstr("must begin with http:// or"));
}

TEST(RunbookUrl, GetsTheNameOfTheRuleAtItsEnd) {
  EXPECT_EQ(ParseRunbookUrl("https://wiki/connwatch/").value(),
            "https://wiki/connwatch/{{alertname}}");
  EXPECT_EQ(ParseRunbookUrl("https://wiki/connwatch#").value(),
            "https://wiki/connwatch#{{alertname}}");
  EXPECT_EQ(ParseRunbookUrl("").value(), "");
}

TEST(RunbookUrl, OrWhereTheWordIs) {
  for (const std::string_view url :
       {"https://wiki/{{alertname}}.html", "https://wiki/?page={{ alertname }}&edit=0"}) {
    EXPECT_EQ(ParseRunbookUrl(url).value(), url);
  }
}

TEST(RunbookUrl, HasNoOtherWord) {
  EXPECT_EQ(ParseRunbookUrl("https://wiki/{{alert}}").error().context,
            "unknown word {{alert}}, did you mean {{alertname}}? must be one of: alertname");
  EXPECT_THAT(ParseRunbookUrl("https://wiki/{{alertname").error().context,
              HasSubstr("has {{ without }}"));
  EXPECT_THAT(ParseRunbookUrl("wiki/{{alertname}}").error().context,
              HasSubstr("must begin with http:// or"));
}

}  // namespace
}  // namespace connwatch::link_url_test
