// The only table of the paths that exist and what each answers. The HTTP server gets the handler
// that is made here. The 404 text lists the table, and the lists in README.md and docs/api.md are
// checked against it.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "core/base/instant.h"
#include "core/base/pulse.h"
#include "exporters/http/http_message.h"
#include "exporters/metrics/published_report.h"
#include "exporters/routes/foreign_page.h"
#include "exporters/routes/incidents_reply.h"
#include "exporters/routes/reload_reply.h"
#include "exporters/routes/sockets_reply.h"

namespace connwatch {

/// What the routes need. Must outlive the handler.
struct RouteServices {
  const ReportSlot& reports;          // already holds a report
  const Pulse& pulse;                 // of the loop that makes the reports
  ReloadAction reload = {};           // may be empty: not enabled
  SocketSearchAction sockets = {};    // may be empty: not enabled
  IncidentReadAction incidents = {};  // may be empty: nobody keeps them
  HostNames host_names = {};
  /// Called with a line for the log for each request that is refused as foreign. May be empty.
  std::function<void(const std::string& line)> on_foreign = {};
};

/// Every path, in the order of the 404 text.
std::span<const std::string_view> RoutePaths();

/// Answers a request at the time `now`. Below /api/ the query may only have parameters that the
/// route knows. The other routes ignore the query. Requests for data below /api/ and for the plain
/// text of "/", and those that change something, are refused with 403 if they may be from a foreign
/// page. May run on any thread.
HttpReply Answer(const HttpRequest& request, const RouteServices& services, Instant now);

}  // namespace connwatch
