#include "exporters/metrics/published_report.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "exporters/metrics/metrics_page.h"
#include "tests/support/reports.h"

namespace connwatch::published_report_test {
namespace {

TEST(PublishedReportTest, RendersOnce) {
  const PublishedReport published(FullReport());
  const RenderedBody first = published.MetricsPage();
  EXPECT_EQ(first.text, published.MetricsPage().text);
  EXPECT_EQ(*first.text, RenderMetricsPage(FullReport()));
  EXPECT_EQ(published.GzippedMetricsPage().text, published.GzippedMetricsPage().text);
}

TEST(PublishedReportTest, RendersEachFormatForItself) {
  const PublishedReport published(FullReport());
  EXPECT_EQ(*published.MetricsPage(MetricsFormat::kOpenMetrics).text,
            RenderMetricsPage(FullReport(), MetricsFormat::kOpenMetrics));
  EXPECT_NE(*published.GzippedMetricsPage(MetricsFormat::kOpenMetrics).text,
            *published.GzippedMetricsPage().text);
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
        EXPECT_FALSE(published->MetricsPage().text->empty());
        EXPECT_TRUE(published->GzippedMetricsPage().is_gzipped);
      }
    });
  }
  for (int i = 0; i < 50; ++i) {
    slot.Store(std::make_shared<const PublishedReport>(FullReport()));
  }
  for (std::thread& reader : readers) reader.join();
}

}  // namespace
}  // namespace connwatch::published_report_test
