#include "exporters/http/host_header.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace connwatch::host_header_test {
namespace {

struct GoodHost {
  std::string_view text;
  std::string_view host;
  std::optional<std::uint16_t> port = std::nullopt;
};

TEST(ParseHostTest, HostsWithAndWithoutAPort) {
  for (const GoodHost& good : {GoodHost{"localhost", "localhost"},
                               {"localhost:10177", "localhost", 10'177},
                               {"LOCALHOST.", "LOCALHOST."},
                               {"localhost:", "localhost"},
                               {"db_1.example.org:80", "db_1.example.org", 80},
                               {"192.0.2.1", "192.0.2.1"},
                               {"192.0.2.1:65535", "192.0.2.1", 65'535},
                               {"[::1]", "::1"},
                               {"[::1]:", "::1"},
                               {"[2001:db8::1]:0080", "2001:db8::1", 80},
                               {"[::ffff:192.0.2.1]", "::ffff:192.0.2.1"},
                               {"a,b", "a,b"},
                               {"%6cocalhost", "%6cocalhost"}}) {
    const auto parsed = ParseHost(good.text);
    ASSERT_TRUE(parsed) << good.text;
    EXPECT_EQ(parsed->host, good.host);
    EXPECT_EQ(parsed->port, good.port) << good.text;
  }
}

TEST(ParseHostTest, WhateverElseIsNone) {
  using namespace std::string_view_literals;
  for (const std::string_view bad : {""sv,
                                     " "sv,
                                     ":80"sv,
                                     "::1"sv,
                                     "::ffff:127.0.0.1"sv,
                                     "[::1].page.example"sv,
                                     "[::1]page.example:80"sv,
                                     "[::1]:80:80"sv,
                                     "[::1"sv,
                                     "::1]"sv,
                                     "[]"sv,
                                     "[]:80"sv,
                                     "[127.0.0.1]"sv,
                                     "[localhost]"sv,
                                     "[::1%lo]"sv,
                                     "[fe80::1%25lo]"sv,
                                     "[[::1]]"sv,
                                     "page.example:127.0.0.1"sv,
                                     "127.0.0.1@page.example"sv,
                                     "user@localhost"sv,
                                     "localhost:80:80"sv,
                                     "localhost:65536"sv,
                                     "localhost:-1"sv,
                                     "localhost:+80"sv,
                                     "localhost:80 "sv,
                                     " localhost"sv,
                                     "local host"sv,
                                     "localhost/"sv,
                                     "localhost?"sv,
                                     "localhost#"sv,
                                     "localhost\\"sv,
                                     "http://localhost"sv,
                                     "localhost\xc2\xa0"sv,
                                     "\xe2\x84\xaaocalhost"sv,
                                     "local\0host"sv,
                                     "localhost\t"sv}) {
    EXPECT_FALSE(ParseHost(bad)) << bad;
  }
}

// Every prefix and suffix of a host in brackets is read as a whole, or not at all.
TEST(ParseHostTest, NothingMayFollowTheBracket) {
  for (int character = 1; character < 256; ++character) {
    const std::string text = std::string("[::1]") + static_cast<char>(character);
    EXPECT_EQ(ParseHost(text).has_value(), character == ':') << text;
    EXPECT_FALSE(ParseHost(text + "page.example")) << text;
  }
}

TEST(IsOriginOfTest, SameHostAndPort) {
  for (const auto& [origin, host] : std::vector<std::pair<const char*, const char*>>{
           {"http://localhost:10177", "localhost:10177"},
           {"http://LOCALHOST:10177", "localhost.:10177"},
           {"https://db1.example", "db1.example"},
           {"https://db1.example", "db1.example:443"},
           {"https://db1.example:443", "db1.example"},
           {"http://db1.example", "db1.example:80"},
           {"http://[::1]:10177", "[::1]:10177"}}) {
    EXPECT_TRUE(IsOriginOf(origin, host)) << origin << " " << host;
  }
}

TEST(IsOriginOfTest, AnyOtherOriginIsForeign) {
  constexpr const char* kHost = "localhost:10177";
  for (const char* origin : {"",
                             "null",
                             "NULL",
                             "http://page.example",
                             "http://localhost",
                             "http://localhost:3000",
                             "https://localhost",
                             "http://127.0.0.1:10177",
                             "localhost:10177",
                             "file://",
                             "ftp://localhost:10177",
                             "http://localhost:10177/",
                             "http://localhost:10177 http://a",
                             "http://page.example http://localhost:10177",
                             "http://localhost:10177.page.example",
                             "http://localhost:10177@page.example",
                             "http://",
                             "http:///",
                             "chrome-extension://abc",
                             "HTTP://localhost:10177"}) {
    EXPECT_FALSE(IsOriginOf(origin, kHost)) << origin;
  }
  EXPECT_FALSE(IsOriginOf("http://localhost:10177", ""));
  EXPECT_FALSE(IsOriginOf("http://localhost:10177", "["));
}

TEST(IsSameHostTest, AsDnsCompares) {
  EXPECT_TRUE(IsSameHost("LocalHost.", "localhost"));
  EXPECT_FALSE(IsSameHost("localhost..", "localhost"));
  EXPECT_FALSE(IsSameHost("localhost.page.example", "localhost"));
  EXPECT_FALSE(IsSameHost("", "localhost"));
}

}  // namespace
}  // namespace connwatch::host_header_test
