#include "exporters/metrics/published_report.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "exporters/metrics/metrics_page.h"
#include "tests/support/snapshots.h"

namespace connwatch {
namespace {

TEST(PublishedReportTest, RendersOnce) {
  const PublishedReport published(FullSnapshot(), kTestBuild);
  const std::string* first = &published.MetricsPage();
  EXPECT_EQ(first->data(), published.MetricsPage().data());
  EXPECT_EQ(*first, RenderMetricsPage(FullSnapshot(), kTestBuild));
}

TEST(PublishedReportTest, RendersEachFormatForItself) {
  const PublishedReport published(FullSnapshot(), kTestBuild);
  EXPECT_EQ(published.MetricsPage(MetricsFormat::kOpenMetrics),
            RenderMetricsPage(FullSnapshot(), kTestBuild, MetricsFormat::kOpenMetrics));
  EXPECT_NE(published.GzippedMetricsPage(MetricsFormat::kOpenMetrics),
            published.GzippedMetricsPage());
}

TEST(ReportSlotTest, IsEmptyBeforeTheFirstStore) { EXPECT_EQ(ReportSlot().Load(), nullptr); }

TEST(ReportSlotTest, HandsOutTheLatestAndKeepsWhatIsStillRead) {
  ReportSlot slot;
  slot.Store(std::make_shared<const PublishedReport>(EmptySnapshot(), kTestBuild));
  const auto older = slot.Load();
  slot.Store(std::make_shared<const PublishedReport>(FullSnapshot(), kTestBuild));
  EXPECT_FALSE(older->snapshot().sockets);
  EXPECT_TRUE(slot.Load()->snapshot().sockets);
}

// For ThreadSanitizer: one writer, several readers that render.
TEST(ReportSlotTest, ReadersAndTheWriterDoNotMeet) {
  ReportSlot slot;
  slot.Store(std::make_shared<const PublishedReport>(FullSnapshot(), kTestBuild));
  constexpr int kReaders = 4;
  std::vector<std::thread> readers;
  readers.reserve(kReaders);
  for (int i = 0; i < kReaders; ++i) {
    readers.emplace_back([&slot] {
      for (int j = 0; j < 50; ++j) {
        const auto published = slot.Load();
        EXPECT_FALSE(published->MetricsPage().empty());
        EXPECT_FALSE(published->GzippedMetricsPage().empty());
      }
    });
  }
  for (int i = 0; i < 50; ++i) {
    slot.Store(std::make_shared<const PublishedReport>(FullSnapshot(), kTestBuild));
  }
  for (std::thread& reader : readers) reader.join();
}

}  // namespace
}  // namespace connwatch
