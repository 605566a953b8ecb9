#include "exporters/json_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/snapshots.h"
#include "tests/support/text_files.h"

namespace connwatch {
namespace {

using testing::HasSubstr;

TEST(JsonApiTest, HandshakesAreTheDocumentedExample) {
  const auto json = RenderHandshakes(FullSnapshot());
  ASSERT_TRUE(json);
  EXPECT_THAT(ReadSourceFile("docs/api.md"), HasSubstr("```json\n" + *json + "```\n"));
}

TEST(JsonApiTest, NothingPendingIsAnEmptyList) {
  Snapshot snapshot = FullSnapshot();
  snapshot.pending_connects = PendingConnects{};
  const auto json = RenderHandshakes(snapshot);
  ASSERT_TRUE(json);
  EXPECT_THAT(*json, HasSubstr(R"("pending_total": 0,)"));
  EXPECT_THAT(*json, HasSubstr(R"("pending": [])"));
}

TEST(JsonApiTest, AlertsAreTheDocumentedExample) {
  const auto json = RenderAlerts(FullSnapshot());
  ASSERT_TRUE(json);
  EXPECT_THAT(ReadSourceFile("docs/api.md"), HasSubstr("```json\n" + *json + "```\n"));
}

TEST(JsonApiTest, UnknownIsNotEmpty) {
  EXPECT_FALSE(RenderHandshakes(EmptySnapshot()));
  EXPECT_FALSE(RenderAlerts(EmptySnapshot()));
}

}  // namespace
}  // namespace connwatch
