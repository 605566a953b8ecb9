#include "exporters/metrics/published_report.h"

#include <utility>

#include "exporters/http/gzip.h"
#include "exporters/metrics/metrics_page.h"

namespace connwatch {

PublishedReport::PublishedReport(Report report) : report_(std::move(report)) {}

const std::string& PublishedReport::MetricsPage(MetricsFormat format) const {
  Page& page = pages_.at(IndexOf(format));
  std::call_once(page.is_rendered, [&] { page.text = RenderMetricsPage(report_, format); });
  return page.text;
}

const std::string& PublishedReport::GzippedMetricsPage(MetricsFormat format) const {
  Page& page = pages_.at(IndexOf(format));
  std::call_once(page.is_compressed, [&] { page.gzipped = Gzip(MetricsPage(format)); });
  return page.gzipped;
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
