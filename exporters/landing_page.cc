#include "exporters/landing_page.h"

#include <algorithm>
#include <sstream>
#include <string_view>

#include "core/alert_table.h"

namespace connwatch {

namespace {

std::string EscapeHtml(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::uint64_t SocketCount(const StateCounts& states) {
  std::uint64_t count = 0;
  for (const AddressFamily family : kAddressFamilies) {
    for (const TcpState state : kTcpStates) count += states.Get(family, state);
  }
  return count;
}

std::string DescribePoll(const PollHealth& poll, WallTime now) {
  std::ostringstream text;
  if (poll.last_success()) {
    const auto age = std::chrono::duration_cast<std::chrono::seconds>(now - *poll.last_success());
    text << "Last successful " << Name(poll.tier())
         << " poll: " << std::max<std::chrono::seconds::rep>(age.count(), 0) << " s ago.";
  } else {
    text << "No successful " << Name(poll.tier()) << " poll yet.";
  }
  if (const auto& failure = poll.current_failure()) {
    text << " <strong>The latest poll failed: " << EscapeHtml(failure->text) << "</strong>";
  }
  return text.str();
}

// One line for each listener and cause that holds.
std::string DescribeDiagnoses(const ListenerTable& table) {
  std::string text;
  for (const Listener& listener : table.listeners) {
    for (const DiagnosisCause cause : kDiagnosisCauses) {
      if (!listener.status.diagnosis.Has(cause)) continue;
      text += "<p><strong>" + EscapeHtml(listener.address.ToString()) + ": ";
      text.append(Name(cause)).append("</strong>: ");
      text += EscapeHtml(Explain(cause, listener.status.evidence)) + "</p>\n";
    }
  }
  return text;
}

// One line for each alert that fires.
std::string DescribeAlerts(const AlertTable& table) {
  std::string text;
  for (const Alert& alert : table.alerts) {
    if (alert.state != AlertState::kFiring) continue;
    text += "<p><strong>" + EscapeHtml(alert.rule->name) + ": " + EscapeHtml(alert.subject) +
            "</strong> " + EscapeHtml(alert.cause);
    if (alert.evidence) text += " " + EscapeHtml(alert.evidence->text);
    text += "</p>\n";
  }
  return text;
}

}  // namespace

std::string RenderLandingPage(const Snapshot& snapshot, const BuildInfo& build, WallTime now) {
  std::ostringstream page;
  page << "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">"
          "<title>connwatch</title></head>\n<body>\n<h1>connwatch</h1>\n"
       << "<p>Watches this host's TCP connections. Version " << EscapeHtml(build.version)
       << ", revision " << EscapeHtml(build.revision) << ".</p>\n";
  if (snapshot.alerts) page << DescribeAlerts(*snapshot.alerts);
  if (snapshot.sockets) {
    page << "<p>" << SocketCount(snapshot.sockets->states) << " TCP sockets.</p>\n";
  }
  if (snapshot.listeners) {
    page << "<p>" << snapshot.listeners->listeners.size() + snapshot.listeners->folded
         << " listening addresses.</p>\n"
         << DescribeDiagnoses(*snapshot.listeners);
  }
  for (const PollHealth& poll : snapshot.polls) {
    page << "<p>" << DescribePoll(poll, now) << "</p>\n";
  }
  page << "<ul>\n<li><a href=\"/metrics\">Metrics</a></li>\n"
          "<li><a href=\"/-/healthy\">Health</a></li>\n"
          "<li><a href=\"/-/ready\">Readiness</a></li>\n</ul>\n</body>\n</html>\n";
  return page.str();
}

}  // namespace connwatch
