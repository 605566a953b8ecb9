#include "exporters/http/request_framing.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace connwatch::request_framing_test {
namespace {

using Headers = std::vector<std::pair<std::string_view, std::string_view>>;

RequestFraming Read(const Headers& headers) {
  RequestFraming framing;
  for (const auto& [name, value] : headers) framing.Take(name, value);
  return framing;
}

TEST(RequestFramingTest, WithoutABody) {
  for (const Headers& headers :
       {Headers{}, Headers{{"Host", "x"}, {"content-length", "0"}, {"Accept", "a\tb \xc3\xa4"}}}) {
    EXPECT_FALSE(Read(headers).HasBody());
    EXPECT_FALSE(Read(headers).IsAmbiguous());
  }
}

TEST(RequestFramingTest, WithABody) {
  for (const Headers& headers :
       {Headers{{"Content-Length", "1"}}, Headers{{"CONTENT-LENGTH", "00"}},
        Headers{{"transfer-encoding", "chunked"}},
        Headers{{"Content-Length", "0"}, {"Transfer-Encoding", ""}}}) {
    EXPECT_TRUE(Read(headers).HasBody()) << headers[0].second;
    EXPECT_FALSE(Read(headers).IsAmbiguous()) << headers[0].second;
  }
}

TEST(RequestFramingTest, CountsHeaders) {
  EXPECT_EQ(Read({}).headers(), 0U);
  EXPECT_EQ(Read({{"Host", "x"}, {"X", "1"}, {"X", "1"}}).headers(), 3U);
}

TEST(RequestFramingTest, WhatTheClientWantsOfTheConnection) {
  EXPECT_FALSE(Read({}).AsksToClose());
  EXPECT_FALSE(Read({}).AsksToKeepOpen());
  EXPECT_TRUE(Read({{"connection", "Close"}}).AsksToClose());
  EXPECT_TRUE(Read({{"Connection", "x, close"}}).AsksToClose());
  EXPECT_FALSE(Read({{"Connection", "closed"}}).AsksToClose());
  EXPECT_TRUE(Read({{"Connection", "Keep-Alive"}}).AsksToKeepOpen());
}

TEST(RequestFramingTest, WhatOthersMayReadDifferently) {
  for (const std::string_view name :
       {"Content-Length ", "Content-Length\t", " X", "", "X(", "\xff"}) {
    EXPECT_TRUE(Read({{name, "0"}}).IsAmbiguous()) << name;
  }
  using namespace std::string_view_literals;
  for (const std::string_view value : {"a\rContent-Length: 5"sv, "\0"sv, "\x7f"sv, "a\nb"sv}) {
    EXPECT_TRUE(Read({{"X", value}}).IsAmbiguous()) << value;
  }
  EXPECT_TRUE(Read({{"Content-Length", "0"}, {"content-length", "0"}}).IsAmbiguous());
  for (const std::string_view value : {"", "0x10", "-1", "+0", "0, 0", "1e3", "0 "}) {
    EXPECT_TRUE(Read({{"Content-Length", value}}).IsAmbiguous()) << value;
  }
}

TEST(RequestFramingTest, OneHostThatIsAHost) {
  for (const std::string_view host : {"", "localhost", "db1.example:80", "[::1]:10177"}) {
    EXPECT_FALSE(Read({{"Host", host}}).IsAmbiguous()) << host;
  }
  for (const std::string_view host : {"[::1].page.example", "a b", "user@a", "a/b", "a:b", ":80"}) {
    EXPECT_TRUE(Read({{"host", host}}).IsAmbiguous()) << host;
  }
  EXPECT_TRUE(Read({{"Host", "a"}, {"host", "a"}}).IsAmbiguous());
  EXPECT_TRUE(Read({{"Host", ""}, {"Host", "a"}}).IsAmbiguous());
}

}  // namespace
}  // namespace connwatch::request_framing_test
