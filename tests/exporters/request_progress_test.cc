#include "exporters/request_progress.h"

#include <gtest/gtest.h>

namespace connwatch {
namespace {

constexpr std::uint64_t kSlack = 5;

TEST(RequestProgressTest, WhoSendsNothingIsNotCutShort) {
  const RequestProgress progress;
  EXPECT_FALSE(progress.IsCutShort(0, kSlack));
  EXPECT_FALSE(progress.IsCutShort(kSlack, kSlack)) << "a FIN, or an empty line";
  EXPECT_FALSE(progress.IsCutShort(std::nullopt, kSlack)) << "nobody knows";
}

TEST(RequestProgressTest, ARequestLineThatIsNotWholeIsCutShort) {
  const RequestProgress progress;
  EXPECT_TRUE(progress.IsCutShort(kSlack + 1, kSlack));
}

TEST(RequestProgressTest, SoAreHeadersWhateverIsKnownOfTheBytes) {
  RequestProgress progress;
  progress.BeginHeaders();
  EXPECT_TRUE(progress.IsCutShort(std::nullopt, kSlack));
  EXPECT_TRUE(progress.IsCutShort(1, kSlack));
}

TEST(RequestProgressTest, OneWithAReplyIsWhole) {
  RequestProgress progress;
  progress.BeginHeaders();
  progress.BeginReply(100);
  EXPECT_FALSE(progress.IsCutShort(100'000, kSlack)) << "what it pipelined is not refused";
  progress.EndReply();
  EXPECT_FALSE(progress.IsCutShort(100 + kSlack, kSlack));
  EXPECT_TRUE(progress.IsCutShort(100 + kSlack + 1, kSlack)) << "the beginning of another";
}

TEST(RequestProgressTest, EachRequestCounts) {
  RequestProgress progress;
  for (int i = 0; i < 3; ++i) {
    progress.BeginHeaders();
    progress.BeginReply(100);
    progress.EndReply();
  }
  EXPECT_FALSE(progress.IsCutShort(300, 0));
  EXPECT_TRUE(progress.IsCutShort(301, 0));
}

TEST(RequestProgressTest, BytesBeforeTheFirstRequestAreNone) {
  RequestProgress progress;
  progress.Consumed(2'000);  // a TLS handshake
  EXPECT_FALSE(progress.IsCutShort(2'000, 0));
  progress.BeginHeaders();
  progress.BeginReply(100);
  progress.Consumed(2'150);
  progress.Consumed(2'000);
  progress.EndReply();
  EXPECT_FALSE(progress.IsCutShort(2'150, 0));
  EXPECT_TRUE(progress.IsCutShort(2'151, 0));
}

}  // namespace
}  // namespace connwatch
