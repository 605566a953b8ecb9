#include "exporters/server/request_progress.h"

#include <gtest/gtest.h>

namespace connwatch::request_progress_test {
namespace {

constexpr std::uint64_t kSlack = 5;

TEST(RequestProgressTest, WhoSendsNothingIsNotCutShort) {
  const RequestProgress progress;
  EXPECT_FALSE(progress.IsCutShort(0, kSlack));
  EXPECT_FALSE(progress.IsCutShort(kSlack, kSlack)) << "a FIN, or an empty line";
}

TEST(RequestProgressTest, AnIncompleteRequestLineIsCutShort) {
  const RequestProgress progress;
  EXPECT_TRUE(progress.IsCutShort(kSlack + 1, kSlack));
}

TEST(RequestProgressTest, IncompleteHeadersAreCutShortWhateverTheBytes) {
  RequestProgress progress;
  progress.BeginHeaders();
  EXPECT_TRUE(progress.IsCutShort(0, kSlack));
}

TEST(RequestProgressTest, ARequestWithAReplyIsNotCutShort) {
  RequestProgress progress;
  progress.BeginHeaders();
  progress.BeginReply(100);
  EXPECT_FALSE(progress.IsCutShort(100'000, kSlack)) << "what it pipelined is not refused";
  progress.EndReply();
  EXPECT_FALSE(progress.IsCutShort(100 + kSlack, kSlack));
  EXPECT_FALSE(progress.IsCutShort(100 + kSlack + 2, kSlack)) << "an empty line";
  EXPECT_TRUE(progress.IsCutShort(100 + kSlack + 3, kSlack)) << "the beginning of another";
}

TEST(RequestProgressTest, EachRequestCounts) {
  RequestProgress progress;
  for (int i = 0; i < 3; ++i) {
    progress.BeginHeaders();
    progress.BeginReply(100);
    progress.EndReply();
  }
  EXPECT_FALSE(progress.IsCutShort(306, 0)) << "with an empty line behind each";
  EXPECT_TRUE(progress.IsCutShort(307, 0));
}

TEST(RequestProgressTest, EmptyLinesMayBeConsumed) {
  RequestProgress progress;
  progress.BeginHeaders();
  progress.BeginReply(100);
  progress.ConsumeUntil(102);
  progress.ConsumeUntil(90);
  progress.EndReply();
  EXPECT_EQ(progress.consumed(), 102U);
  EXPECT_FALSE(progress.IsCutShort(102, 0));
  EXPECT_TRUE(progress.IsCutShort(103, 0));
}

TEST(RequestProgressTest, WaitsForARequestBetweenTwo) {
  RequestProgress progress;
  EXPECT_TRUE(progress.WaitsForRequest());
  EXPECT_FALSE(progress.IsWithinHeaders());
  progress.BeginHeaders();
  EXPECT_FALSE(progress.WaitsForRequest());
  EXPECT_TRUE(progress.IsWithinHeaders());
  progress.BeginReply(100);
  EXPECT_FALSE(progress.WaitsForRequest());
  progress.EndReply();
  EXPECT_TRUE(progress.WaitsForRequest());
}

}  // namespace
}  // namespace connwatch::request_progress_test
