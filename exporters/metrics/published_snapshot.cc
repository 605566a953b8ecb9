#include "exporters/metrics/published_snapshot.h"

#include <utility>

#include "exporters/http/gzip.h"
#include "exporters/metrics/metrics_page.h"

namespace connwatch {

PublishedSnapshot::PublishedSnapshot(Snapshot snapshot, BuildInfo build)
    : snapshot_(std::move(snapshot)), build_(std::move(build)) {}

const std::string& PublishedSnapshot::MetricsPage(MetricsFormat format) const {
  Page& page = pages_.at(IndexOf(format));
  std::call_once(page.is_rendered,
                 [&] { page.text = RenderMetricsPage(snapshot_, build_, format); });
  return page.text;
}

const std::string& PublishedSnapshot::GzippedMetricsPage(MetricsFormat format) const {
  Page& page = pages_.at(IndexOf(format));
  std::call_once(page.is_compressed, [&] { page.gzipped = Gzip(MetricsPage(format)); });
  return page.gzipped;
}

void SnapshotSlot::Store(std::shared_ptr<const PublishedSnapshot> latest) {
  {
    const MutexLock lock(mutex_);
    latest_.swap(latest);
  }
  // The one it replaced, if nobody reads it any more, is freed here, outside the lock.
}

std::shared_ptr<const PublishedSnapshot> SnapshotSlot::Load() const {
  const MutexLock lock(mutex_);
  return latest_;
}

}  // namespace connwatch
