// What the first line of the status page says: whether all is well, and if not, what is wrong. The
// script of the page (exporters/status_page/head.js) has the same words.
#pragma once

#include <string>
#include <vector>

#include "core/base/instant.h"
#include "core/listeners/diagnose.h"
#include "core/report.h"

namespace connwatch {

struct TroubledListener {
  std::string subject;  // of its alerts
  const Listener* listener = nullptr;
  RateScope scope = RateScope::kHost;
};

/// Returns the listeners of all network namespaces that a firing alert is about, or that have a
/// cause other than deferred accept in their diagnosis. Valid as long as the report is.
std::vector<TroubledListener> TroubledListenersOf(const Report& report);

/// "All is well", "2 alerts are firing, some numbers are out of date, alerts are not delivered".
/// Does not count pending alerts while one fires, because what fires usually explains them.
std::string VerdictOn(const Report& report, MonotonicTime now);

}  // namespace connwatch
