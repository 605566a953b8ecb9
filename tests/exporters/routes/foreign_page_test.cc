#include "exporters/routes/foreign_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace connwatch::foreign_page_test {
namespace {

using testing::HasSubstr;

const HostNames kNames = {"db1", "db1.example.org"};
constexpr const char* kOwnHosts[] = {"",          "localhost",       "LOCALHOST.:10177",
                                     "127.0.0.1", "[::1]:10177",     "192.0.2.1:10177",
                                     "DB1:10177", "db1.example.org", "db1.example.org."};
// A page can have its name mean this host, but it cannot change what the browser calls the host.
constexpr const char* kForeignHosts[] = {"page.example",
                                         "page.example:10177",
                                         "localhost.page.example",
                                         "db1.page.example",
                                         "db1.example.org.page.example",
                                         "127.0.0.1.page.example",
                                         "[::1].page.example",
                                         "[::1]page.example:80",
                                         "127.1",
                                         "2130706433",
                                         "0x7f.1",
                                         "127.0.0.1@page.example",
                                         "[",
                                         " ",
                                         "::1",
                                         "db10",
                                         "db1,db1",
                                         "localhost%00"};

bool IsForeignReader(const HttpRequest& request) {
  return WhyForeignReader(request, kNames).has_value();
}

bool IsForeignWriter(const HttpRequest& request) {
  return WhyForeignWriter(request, kNames).has_value();
}

TEST(ForeignReaderTest, OverLoopbackTheNameDecides) {
  for (const char* address : {"127.0.0.1", "127.9.8.7", "::1"}) {
    for (const char* host : kOwnHosts) {
      EXPECT_FALSE(IsForeignReader({.host = host, .client = {.address = address}})) << host;
    }
    for (const char* host : kForeignHosts) {
      EXPECT_TRUE(IsForeignReader({.host = host, .client = {.address = address}})) << host;
    }
  }
}

// A page can write "X-Forwarded-For" into its own requests.
TEST(ForeignReaderTest, NoMatterWhatAProxyIsSaidToBe) {
  EXPECT_TRUE(IsForeignReader(
      {.host = "page.example", .client = {.address = "127.0.0.1", .is_forwarded = true}}));
  EXPECT_FALSE(
      IsForeignReader({.host = "db1", .client = {.address = "127.0.0.1", .is_forwarded = true}}));
}

TEST(ForeignReaderTest, OverTheNetworkAndAUnixSocketAnyNameMayBeUsed) {
  for (const char* address : {"192.0.2.1", "2001:db8::1", "unix", "unknown"}) {
    EXPECT_FALSE(IsForeignReader({.host = "page.example", .client = {.address = address}}));
  }
}

TEST(ForeignReaderTest, WhoHasLoggedInMayUseAnyName) {
  EXPECT_FALSE(IsForeignReader(
      {.host = "page.example", .client = {.address = "::1", .has_logged_in = true}}));
}

TEST(ForeignReaderTest, SaysWhatToDo) {
  const auto why = WhyForeignReader({.host = "x.example", .client = {.address = "::1"}}, kNames);
  ASSERT_TRUE(why);
  EXPECT_THAT(*why, HasSubstr("\"x.example\""));
  EXPECT_THAT(*why, HasSubstr("web.host_names"));
}

TEST(ForeignWriterTest, TheNameDecidesAlsoOverTheNetwork) {
  for (const char* address : {"127.0.0.1", "192.0.2.1", "2001:db8::1", "unknown"}) {
    for (const char* host : kOwnHosts) {
      EXPECT_FALSE(IsForeignWriter({.host = host, .client = {.address = address}})) << host;
    }
    for (const char* host : kForeignHosts) {
      EXPECT_TRUE(IsForeignWriter({.host = host, .client = {.address = address}})) << host;
    }
  }
}

TEST(ForeignWriterTest, OnAUnixSocketAndAfterALogInAnyNameMayBeUsed) {
  EXPECT_FALSE(IsForeignWriter({.host = "x", .client = {.address = "unix"}}));
  EXPECT_FALSE(
      IsForeignWriter({.host = "x", .client = {.address = "192.0.2.1", .has_logged_in = true}}));
}

TEST(ForeignWriterTest, APageMustBeOurOwn) {
  for (const HttpClient& client :
       {HttpClient{.address = "127.0.0.1"}, HttpClient{.address = "unix"},
        HttpClient{.address = "192.0.2.1", .has_logged_in = true}}) {
    const HttpRequest program = {.host = "localhost:10177", .client = client};
    EXPECT_FALSE(IsForeignWriter(program));
    HttpRequest page = program;
    page.origin = "http://localhost:10177";
    EXPECT_FALSE(IsForeignWriter(page));
    for (const char* origin : {"null", "http://page.example", "http://localhost:3000"}) {
      page.origin = origin;
      EXPECT_TRUE(IsForeignWriter(page)) << origin;
    }
  }
}

TEST(ForeignWriterTest, TheBrowserSaysWhoMadeItAsk) {
  for (const char* site : {"cross-site", "same-site", "anything else"}) {
    EXPECT_TRUE(IsForeignWriter({.host = "localhost",
                                 .sec_fetch_site = site,
                                 .client = {.address = "127.0.0.1", .has_logged_in = true}}))
        << site;
  }
  for (const char* site : {"", "none", "same-origin"}) {
    EXPECT_FALSE(IsForeignWriter(
        {.host = "localhost", .sec_fetch_site = site, .client = {.address = "127.0.0.1"}}))
        << site;
  }
}

}  // namespace
}  // namespace connwatch::foreign_page_test
