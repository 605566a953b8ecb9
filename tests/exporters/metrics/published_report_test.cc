#include "exporters/metrics/published_report.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "exporters/metrics/metrics_page.h"
#include "tests/support/reports.h"

namespace connwatch {
namespace {

TEST(PublishedReportTest, RendersOnce) {
  const PublishedReport published(FullReport());
  const std::string* first = &published.MetricsPage();
  EXPECT_EQ(first->data(), published.MetricsPage().data());
  EXPECT_EQ(*first, RenderMetricsPage(FullReport()));
}

TEST(PublishedReportTest, RendersEachFormatForItself) {
  const PublishedReport published(FullReport());
  EXPECT_EQ(published.MetricsPage(MetricsFormat::kOpenMetrics),
            RenderMetricsPage(FullReport(), MetricsFormat::kOpenMetrics));
  EXPECT_NE(published.GzippedMetricsPage(MetricsFormat::kOpenMetrics),
            published.GzippedMetricsPage());
}

TEST(ReportSlotTest, IsEmptyBeforeTheFirstStore) { EXPECT_EQ(ReportSlot().Load(), nullptr); }

TEST(ReportSlotTest, HandsOutTheLatestAndKeepsWhatIsStillRead) {
  ReportSlot slot;
  slot.Store(std::make_shared<const PublishedReport>(EmptyReport()));
  const auto older = slot.Load();
  slot.Store(std::make_shared<const PublishedReport>(FullReport()));
  EXPECT_FALSE(older->report().snapshot->sockets);
  EXPECT_TRUE(slot.Load()->report().snapshot->sockets);
}

// For ThreadSanitizer: one writer, several readers that render.
TEST(ReportSlotTest, ReadersAndTheWriterDoNotMeet) {
  ReportSlot slot;
  slot.Store(std::make_shared<const PublishedReport>(FullReport()));
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
    slot.Store(std::make_shared<const PublishedReport>(FullReport()));
  }
  for (std::thread& reader : readers) reader.join();
}

}  // namespace
}  // namespace connwatch
