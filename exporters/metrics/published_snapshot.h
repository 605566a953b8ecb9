// A snapshot with its rendered pages, and the one slot through which the loop hands it to the HTTP
// threads. A page is rendered at most once per snapshot and format, by the thread that first asks:
// the loop never pays for it, and nobody pays for pages that nobody reads.
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <string>

#include "core/base/mutex.h"
#include "core/build_info.h"
#include "core/snapshot.h"
#include "exporters/metrics/metrics_format.h"

namespace connwatch {

/// Immutable to the outside; every method may be called from any thread.
class PublishedSnapshot {
 public:
  PublishedSnapshot(Snapshot snapshot, BuildInfo build);

  const Snapshot& snapshot() const { return snapshot_; }
  const BuildInfo& build() const { return build_; }
  /// The metrics page. Lives as long as this object.
  const std::string& MetricsPage(MetricsFormat format = MetricsFormat::kText) const;
  const std::string& GzippedMetricsPage(MetricsFormat format = MetricsFormat::kText) const;

 private:
  struct Page {
    std::once_flag is_rendered;
    std::string text;
    std::once_flag is_compressed;
    std::string gzipped;
  };

  const Snapshot snapshot_;
  const BuildInfo build_;
  mutable std::array<Page, kMetricsFormatCount> pages_;  // by IndexOf(MetricsFormat)
};

/// Holds the latest snapshot. Store on the loop, Load on any thread.
class SnapshotSlot {
 public:
  void Store(std::shared_ptr<const PublishedSnapshot> latest);
  /// Null before the first Store.
  std::shared_ptr<const PublishedSnapshot> Load() const;

 private:
  mutable Mutex mutex_;
  std::shared_ptr<const PublishedSnapshot> latest_ CONNWATCH_GUARDED_BY(mutex_);
};

}  // namespace connwatch
