#include "config/http_url.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace connwatch::http_url_test {
namespace {

// The name of a host with this many characters.
std::string NameOf(std::size_t size) {
  std::string name;
  for (std::size_t i = 0; i < size; ++i) name += i % 50 == 49 ? '.' : 'a';
  return name;
}

struct GoodUrl {
  std::string_view text;
  std::string_view authority;
  std::string_view path;
};

TEST(HttpUrl, IsTakenApart) {
  constexpr GoodUrl kCases[] = {
      {"http://127.0.0.1:9093", "127.0.0.1:9093", ""},
      {"http://localhost", "localhost:80", ""},
      {"https://alerts.example.org/", "alerts.example.org:443", "/"},
      {"https://[::1]:9093/a/b", "[::1]:9093", "/a/b"},
      {"http://[2001:db8::1]", "[2001:db8::1]:80", ""},
      {"https://hooks.example.org/x?channel=a&b=c:d@e", "hooks.example.org:443",
       "/x?channel=a&b=c:d@e"},
      {"http://a?b", "a:80", "/?b"},
      {"http://a/!~", "a:80", "/!~"},
  };
  for (const GoodUrl& good : kCases) {
    const Result<HttpUrl> url = ParseHttpUrl(good.text);
    ASSERT_TRUE(url) << good.text;
    EXPECT_EQ(url->authority, good.authority);
    EXPECT_EQ(url->path, good.path);
    EXPECT_EQ(url->is_https, good.text.starts_with("https"));
    EXPECT_EQ(url->has_query(), good.text.find('?') != std::string_view::npos);
  }
  EXPECT_EQ(ParseHttpUrl("https://a/b")->ToString(), "https://a:443/b");
}

struct BadUrl {
  std::string text;
  std::string_view mistake;
};

TEST(HttpUrl, MistakesAreNamedWithoutTheUrl) {
  constexpr std::string_view kScheme = "is not a URL, must begin with http:// or https://";
  constexpr std::string_view kHost =
      "has no valid host, must be a name, an IPv4 address or [an IPv6 address]";
  constexpr std::string_view kPort = "has no valid port, must be from 1 to 65535";
  constexpr std::string_view kText =
      "is not a URL, must be at most 2000 printable ASCII characters without spaces";
  const BadUrl cases[] = {
      {"", kScheme},
      {"127.0.0.1:9093", kScheme},
      {"ftp://a", kScheme},
      {"HTTP://a", kScheme},
      {"http://a b", kText},
      {"http://a/\xc3\xa4", kText},
      {"http://a/\x7f", kText},
      {"http://a/" + std::string(2'000, 'x'), kText},
      {"http://", kHost},
      {"http:///path", kHost},
      {"http://a,b", kHost},
      {"http://[::1", kHost},
      {"http://[::1]x", kPort},
      {"http://[a]", kHost},
      {"http://[127.0.0.1]", kHost},
      {"http://::1", kHost},
      {"http://" + NameOf(254), kHost},
      {"http://" + std::string(64, 'a') + ".org", kHost},
      {"http://a..b", kHost},
      {"http://.a", kHost},
      {"http://.", kHost},
      {"http://a..", kHost},
      {"http://1.2.3", kHost},
      {"http://256.0.0.1", kHost},
      {"http://a.1:80", kHost},
      {"http://127.0.0.1.", kHost},
      {"http://a:", kPort},
      {"http://a:0", kPort},
      {"http://a:65536", kPort},
      {"http://a:http", kPort},
      {"http://a/#b", "has a fragment (#), must have none"},
      {"http://me:s3cret@a", "has a user name, which must be below basic_auth"},
  };
  for (const BadUrl& bad : cases) {
    const Result<HttpUrl> url = ParseHttpUrl(bad.text);
    ASSERT_FALSE(url) << bad.text;
    EXPECT_EQ(url.error().context, bad.mistake) << bad.text;
  }
}

TEST(HttpUrl, TheLongestUrlAndHost) {
  EXPECT_TRUE(ParseHttpUrl("http://a/" + std::string(1'991, 'x'))) << "2000 bytes";
  EXPECT_FALSE(ParseHttpUrl("http://a/" + std::string(1'992, 'x')));
  EXPECT_TRUE(ParseHttpUrl("http://" + NameOf(253)));
  EXPECT_TRUE(ParseHttpUrl("http://" + std::string(63, 'a') + ".org"));
  EXPECT_TRUE(ParseHttpUrl("http://a.b."));
  EXPECT_TRUE(ParseHttpUrl("http://1.2.3.x1"));
  EXPECT_TRUE(ParseHttpUrl("http://a:1"));
  EXPECT_TRUE(ParseHttpUrl("http://a:65535"));
}

TEST(HttpUrl, HostNames) {
  EXPECT_TRUE(ParseHostName("alerts.example.org"));
  for (const char* text : {"", "a:1", "a/b", "a b", "[::1]"}) {
    EXPECT_FALSE(ParseHostName(text)) << text;
  }
}

}  // namespace
}  // namespace connwatch::http_url_test
