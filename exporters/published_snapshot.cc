#include "exporters/published_snapshot.h"

#include <utility>

#include "exporters/gzip.h"
#include "exporters/metrics_page.h"

namespace connwatch {

PublishedSnapshot::PublishedSnapshot(Snapshot snapshot, BuildInfo build)
    : snapshot_(std::move(snapshot)), build_(std::move(build)) {}

const std::string& PublishedSnapshot::MetricsPage() const {
  std::call_once(page_rendered_, [this] { page_ = RenderMetricsPage(snapshot_, build_); });
  return page_;
}

const std::string& PublishedSnapshot::GzippedMetricsPage() const {
  std::call_once(page_compressed_, [this] { gzipped_page_ = Gzip(MetricsPage()); });
  return gzipped_page_;
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
