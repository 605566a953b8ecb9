// A report with its metrics pages, and the one slot through which the loop hands it to the HTTP
// threads. A page is rendered at most once per report and format, by the thread that asks first.
// So rendering costs the loop nothing, and a page that nobody reads costs nothing at all.
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <string>

#include "core/base/mutex.h"
#include "core/report.h"
#include "exporters/metrics/metrics_format.h"

namespace connwatch {

/// Immutable as seen from outside. Every method may be called from any thread.
class PublishedReport {
 public:
  explicit PublishedReport(Report report);

  const Report& report() const { return report_; }
  /// The metrics page. Valid as long as this object lives.
  const std::string& MetricsPage(MetricsFormat format = MetricsFormat::kText) const;
  const std::string& GzippedMetricsPage(MetricsFormat format = MetricsFormat::kText) const;

 private:
  struct Page {
    std::once_flag is_rendered;
    std::string text;
    std::once_flag is_compressed;
    std::string gzipped;
  };

  const Report report_;
  mutable std::array<Page, kMetricsFormatCount> pages_;  // by IndexOf(MetricsFormat)
};

/// Holds the latest report. Call Store on the loop thread, Load on any thread.
class ReportSlot {
 public:
  void Store(std::shared_ptr<const PublishedReport> latest);
  /// Null before the first Store.
  std::shared_ptr<const PublishedReport> Load() const;

 private:
  mutable Mutex mutex_;
  std::shared_ptr<const PublishedReport> latest_ CONNWATCH_GUARDED_BY(mutex_);
};

}  // namespace connwatch
