// A report with its pages, and the one slot through which the loop hands it to the HTTP threads. A
// page is rendered at most once per report and form, by the thread that asks first. So rendering
// costs the loop nothing, and a page that nobody reads costs nothing at all.
#pragma once

#include <array>
#include <memory>

#include "core/base/mutex.h"
#include "core/report.h"
#include "exporters/http/rendered_pages.h"
#include "exporters/metrics/metrics_format.h"

namespace connwatch {

/// Immutable as seen from outside. Every method may be called from any thread.
class PublishedReport {
 public:
  explicit PublishedReport(Report report);

  const Report& report() const { return report_; }
  /// The metrics page. It does not keep this object alive.
  RenderedBody MetricsPage(MetricsFormat format = MetricsFormat::kText) const;
  RenderedBody GzippedMetricsPage(MetricsFormat format = MetricsFormat::kText) const;
  /// The JSON answers that were made of this report.
  RenderedPages& answers() const { return answers_; }

 private:
  // Of one format.
  struct MetricsPages {
    RenderedPage plain;
    RenderedPage gzipped;
  };

  const Report report_;
  mutable std::array<MetricsPages, kMetricsFormatCount> pages_;  // by IndexOf(MetricsFormat)
  mutable RenderedPages answers_;
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
