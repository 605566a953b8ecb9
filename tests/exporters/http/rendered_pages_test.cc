#include "exporters/http/rendered_pages.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <string>
#include <thread>

namespace connwatch::rendered_pages_test {
namespace {

PageRenderer Rendering(std::string text, std::atomic<int>& count) {
  return [text = std::move(text), &count] {
    ++count;
    return RenderedBody::Of(text, /*gzip=*/false);
  };
}

TEST(RenderedBodyTest, OnlyALongTextIsCompressed) {
  EXPECT_FALSE(RenderedBody::Of("short", true).is_gzipped);
  EXPECT_TRUE(RenderedBody::Of(std::string(2'000, 'x'), true).is_gzipped);
  EXPECT_EQ(*RenderedBody::Of(std::string(2'000, 'x'), false).text, std::string(2'000, 'x'));
}

TEST(RenderedPagesTest, APageIsMadeOnce) {
  RenderedPages pages;
  std::atomic<int> count = 0;
  const RenderedBody first = pages.Get("a", Rendering("text", count));
  EXPECT_EQ(pages.Get("a", Rendering("another", count)).text, first.text);
  EXPECT_EQ(count, 1);
  EXPECT_EQ(pages.bytes(), 4U);
}

TEST(RenderedPagesTest, PagesOfOtherKeysAreOthers) {
  RenderedPages pages;
  std::atomic<int> count = 0;
  EXPECT_EQ(*pages.Get("a", Rendering("1", count)).text, "1");
  EXPECT_EQ(*pages.Get("b", Rendering("2", count)).text, "2");
  EXPECT_EQ(*pages.Get("a", Rendering("3", count)).text, "1");
}

TEST(RenderedPagesTest, ThatThereIsNoPageIsKeptToo) {
  RenderedPages pages;
  std::atomic<int> count = 0;
  const PageRenderer none = [&] {
    ++count;
    return RenderedBody{};
  };
  EXPECT_EQ(pages.Get("a", none).text, nullptr);
  EXPECT_EQ(pages.Get("a", none).text, nullptr);
  EXPECT_EQ(count, 1);
}

TEST(RenderedPagesTest, BeyondTheLimitOfPagesTheyAreMadeEachTime) {
  RenderedPages pages;
  std::atomic<int> count = 0;
  for (std::size_t i = 0; i < RenderedPages::kMaxPages; ++i) {
    pages.Get(std::to_string(i), Rendering("x", count));
  }
  const int before = count;
  EXPECT_EQ(*pages.Get("another", Rendering("1", count)).text, "1");
  EXPECT_EQ(*pages.Get("another", Rendering("2", count)).text, "2");
  EXPECT_EQ(count, before + 2);
  EXPECT_EQ(*pages.Get("0", Rendering("2", count)).text, "x") << "the others are kept";
  EXPECT_EQ(pages.bytes(), RenderedPages::kMaxPages);
}

TEST(RenderedPagesTest, BeyondTheLimitOfBytesTheyAreMadeEachTime) {
  RenderedPages pages;
  std::atomic<int> count = 0;
  const std::string half(RenderedPages::kMaxBytes / 2, 'x');
  pages.Get("half", Rendering(half, count));
  EXPECT_EQ(*pages.Get("more", Rendering(half + "x", count)).text, half + "x");
  EXPECT_EQ(pages.bytes(), half.size());
  pages.Get("more", Rendering(half, count));
  EXPECT_EQ(count, 3);
  EXPECT_EQ(pages.bytes(), RenderedPages::kMaxBytes) << "it fits now";
  pages.Get("more", Rendering(half, count));
  EXPECT_EQ(count, 3);
}

TEST(RenderedPagesTest, ThreadsThatAskTogetherGetOnePage) {
  RenderedPages pages;
  std::atomic<int> count = 0;
  std::array<std::thread, 8> threads;
  for (std::thread& thread : threads) {
    thread = std::thread([&] {
      for (int j = 0; j < 100; ++j) {
        const std::string key = std::to_string(j % 10);
        EXPECT_EQ(*pages.Get(key, Rendering(key, count)).text, key);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(count, 10);
}

}  // namespace
}  // namespace connwatch::rendered_pages_test
