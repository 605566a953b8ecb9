#include "exporters/metrics/published_report.h"

#include <utility>

#include "exporters/metrics/metrics_page.h"

namespace connwatch {

PublishedReport::PublishedReport(Report report) : report_(std::move(report)) {}

RenderedBody PublishedReport::MetricsPage(MetricsFormat format) const {
  return pages_.at(IndexOf(format)).plain.Get([&] {
    return RenderedBody::Of(RenderMetricsPage(report_, format), /*gzip=*/false);
  });
}

RenderedBody PublishedReport::GzippedMetricsPage(MetricsFormat format) const {
  return pages_.at(IndexOf(format)).gzipped.Get([&] {
    return RenderedBody::Of(RenderMetricsPage(report_, format), /*gzip=*/true);
  });
}

void ReportSlot::Store(std::shared_ptr<const PublishedReport> latest) {
  {
    const MutexLock lock(mutex_);
    latest_.swap(latest);
  }
  // If nobody reads the replaced report any more, it is freed here, outside the lock.
}

std::shared_ptr<const PublishedReport> ReportSlot::Load() const {
  const MutexLock lock(mutex_);
  return latest_;
}

}  // namespace connwatch
