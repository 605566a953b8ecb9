#include "exporters/routes/routes.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "exporters/http/accept_encoding.h"
#include "exporters/http/http_status.h"
#include "exporters/http/query.h"
#include "exporters/http/rendered_pages.h"
#include "exporters/http/weighted_list.h"
#include "exporters/json/json_api.h"
#include "exporters/json/json_host.h"
#include "exporters/json/json_reply.h"
#include "exporters/plain_text/plain_page.h"
#include "exporters/status_page/status_page.h"

namespace connwatch {

namespace {

// What a route's function gets.
struct Inquiry {
  const HttpRequest& request;
  const RouteServices& services;
  std::shared_ptr<const PublishedReport> published;
  Instant now;
  Paging paging = {};

  bool AcceptsGzip() const { return connwatch::AcceptsGzip(request.accept_encoding); }
  const Report& report() const { return published->report(); }
  const Snapshot& snapshot() const { return *report().snapshot; }
};

// A document that never changes, plain and compressed.
using DocumentForms = std::array<RenderedPage, 2>;

// Makes each form when it is first asked for.
HttpReply Document(const Inquiry& inquiry, DocumentForms& forms, std::string_view document,
                   std::string_view policy) {
  const bool gzip = inquiry.AcceptsGzip();
  HttpReply reply = PageReply("text/html; charset=utf-8", forms.at(gzip ? 1 : 0).Get([&] {
    return RenderedBody::Of(std::string(document), gzip);
  }));
  reply.headers.push_back({"Content-Security-Policy", std::string(policy)});
  return reply;
}

// As a browser does. Other programs, such as curl, accept anything or say nothing.
bool AsksForHtml(std::string_view accept) {
  bool asks = false;
  ForEachElement(accept, [&](const WeightedElement& range) {
    asks = asks || (EqualsIgnoringCase(range.name, "text/html") && range.weight > 0);
  });
  return asks;
}

HttpReply Page(const Inquiry& inquiry) {
  if (!AsksForHtml(inquiry.request.accept)) {
    // Not kept: it depends on the time of the request.
    return PageReply(
        "text/plain; charset=utf-8",
        RenderedBody::Of(RenderPlainPage(inquiry.report(), inquiry.now), inquiry.AcceptsGzip()));
  }
  static DocumentForms forms;
  return Document(inquiry, forms, StatusPage(), StatusPagePolicy());
}

HttpReply Runbook(const Inquiry& inquiry) {
  static DocumentForms forms;
  return Document(inquiry, forms, RunbookPage(), RunbookPagePolicy());
}

HttpReply Metrics(const Inquiry& inquiry) {
  const MetricsFormat format = ChooseFormat(inquiry.request.accept);
  const PublishedReport& published = *inquiry.published;
  return PageReply(ContentType(format), inquiry.AcceptsGzip() ? published.GzippedMetricsPage(format)
                                                              : published.MetricsPage(format));
}

// Says that the loop hangs. nullopt if it does not.
std::optional<HttpReply> LoopHangs(const Inquiry& inquiry, std::string_view what) {
  const auto silence = inquiry.services.pulse.SilenceAt(inquiry.now.monotonic);
  if (!silence) return std::nullopt;
  return TextReply(kServiceUnavailable, "connwatch is not " + std::string(what) +
                                            ": the daemon's loop has not run for " +
                                            std::to_string(silence->count()) + " s\n");
}

HttpReply Healthy(const Inquiry& inquiry) {
  if (auto hangs = LoopHangs(inquiry, "healthy")) return *std::move(hangs);
  return TextReply(kOk, "connwatch is healthy.\n");
}

HttpReply Ready(const Inquiry& inquiry) {
  if (auto hangs = LoopHangs(inquiry, "ready")) return *std::move(hangs);
  if (inquiry.snapshot().sockets) return TextReply(kOk, "connwatch is ready.\n");
  std::string reason = "waiting for the first full poll";
  for (const PollHealth& poll : inquiry.snapshot().polls) {
    if (poll.current_failure()) reason = poll.current_failure()->text;
  }
  return TextReply(kServiceUnavailable, "connwatch is not ready: " + reason + "\n");
}

// Answers with the JSON that `render` makes of the report. It is made once for each report, range
// and encoding. It is absent before the first poll that it needs.
HttpReply JsonOrNotYet(const Inquiry& inquiry, std::string_view waiting_for,
                       std::optional<std::string> (*render)(const Inquiry& inquiry)) {
  const bool gzip = inquiry.AcceptsGzip();
  const std::string key = std::string(inquiry.request.path) + (gzip ? " gzip " : " ") +
                          std::to_string(inquiry.paging.limit) + " " +
                          std::to_string(inquiry.paging.offset);
  RenderedBody body = inquiry.published->answers().Get(key, [&] {
    auto json = render(inquiry);
    return json ? RenderedBody::Of(*std::move(json), gzip) : RenderedBody{};
  });
  if (body.text) return JsonReply(std::move(body));
  return ErrorReply(kServiceUnavailable, "waiting for " + std::string(waiting_for));
}

HttpReply States(const Inquiry& inquiry) {
  return JsonOrNotYet(inquiry, "the first full poll",
                      [](const Inquiry& asked) { return RenderStates(asked.snapshot()); });
}

HttpReply Listeners(const Inquiry& inquiry) {
  return JsonOrNotYet(inquiry, "the first poll of listeners", [](const Inquiry& asked) {
    return RenderListeners(asked.snapshot(), asked.paging);
  });
}

HttpReply Namespaces(const Inquiry& inquiry) {
  return JsonOrNotYet(inquiry, "the first full poll", [](const Inquiry& asked) {
    return RenderNamespaces(asked.snapshot(), asked.paging);
  });
}

HttpReply Handshakes(const Inquiry& inquiry) {
  return JsonOrNotYet(inquiry, "the first poll of handshakes", [](const Inquiry& asked) {
    return RenderHandshakes(asked.snapshot(), asked.paging);
  });
}

HttpReply Groups(const Inquiry& inquiry) {
  return JsonOrNotYet(inquiry, "the first full poll", [](const Inquiry& asked) {
    return RenderGroups(asked.snapshot(), asked.paging);
  });
}

HttpReply Alerts(const Inquiry& inquiry) {
  return JsonOrNotYet(inquiry, "the first poll", [](const Inquiry& asked) {
    return RenderAlerts(asked.report(), asked.paging);
  });
}

HttpReply HistoryOf(const Inquiry& inquiry) {
  return JsonOrNotYet(inquiry, "the first poll",
                      [](const Inquiry& asked) { return RenderHistory(asked.report()); });
}

HttpReply Host(const Inquiry& inquiry) {
  return JsonOrNotYet(inquiry, "the first poll", [](const Inquiry& asked) {
    return std::optional<std::string>(RenderHost(asked.report()));
  });
}

// Not kept: it depends on the time of the request.
HttpReply StatusOf(const Inquiry& inquiry) {
  return JsonReply(
      RenderedBody::Of(RenderStatus(inquiry.report(), inquiry.now), inquiry.AcceptsGzip()));
}

HttpReply Sockets(const Inquiry& inquiry) {
  return AnswerSockets(inquiry.request, inquiry.services.sockets);
}

HttpReply Incidents(const Inquiry& inquiry) {
  return AnswerIncidents(inquiry.request, inquiry.services.incidents);
}

HttpReply Reload(const Inquiry& inquiry) { return AnswerReload(inquiry.services.reload); }

// The methods that a route accepts.
struct Methods {
  std::string_view one;
  std::string_view other;  // empty: there is no other
  std::string_view allow;  // the Allow header of a 405
  std::string_view text;   // its body
  bool is_change = false;  // a request changes something
};

constexpr Methods kRead = {"GET", "HEAD", "GET, HEAD", "Only GET and HEAD are allowed here.\n"};
// HEAD is not offered, because finding its answer costs as much as a GET.
constexpr Methods kGetOnly = {"GET", "", "GET", "Only GET is allowed here.\n"};
constexpr Methods kChange = {"POST", "PUT", "POST, PUT", "Only POST and PUT are allowed here.\n",
                             /*is_change=*/true};

enum class Parameters : std::uint8_t {
  kIgnored,
  kNone,    // any parameter is a mistake
  kPaging,  // limit and offset
  kOwn,     // the route reads the query itself
};

struct Route {
  std::string_view path;
  HttpReply (*answer)(const Inquiry& inquiry);
  const Methods& methods;
  Parameters parameters;
};

constexpr std::array kRoutes = std::to_array<Route>({
    {"/", Page, kRead, Parameters::kIgnored},
    {"/metrics", Metrics, kRead, Parameters::kIgnored},
    {"/runbook", Runbook, kRead, Parameters::kIgnored},
    {"/api/v1/alerts", Alerts, kRead, Parameters::kPaging},
    {"/api/v1/groups", Groups, kRead, Parameters::kPaging},
    {"/api/v1/handshakes", Handshakes, kRead, Parameters::kPaging},
    {"/api/v1/history", HistoryOf, kRead, Parameters::kNone},
    {"/api/v1/incidents", Incidents, kGetOnly, Parameters::kOwn},
    {"/api/v1/host", Host, kRead, Parameters::kNone},
    {"/api/v1/listeners", Listeners, kRead, Parameters::kPaging},
    {"/api/v1/namespaces", Namespaces, kRead, Parameters::kPaging},
    {"/api/v1/sockets", Sockets, kGetOnly, Parameters::kOwn},
    {"/api/v1/states", States, kRead, Parameters::kNone},
    {"/api/v1/status", StatusOf, kRead, Parameters::kNone},
    {"/-/healthy", Healthy, kRead, Parameters::kIgnored},
    {"/-/ready", Ready, kRead, Parameters::kIgnored},
    {"/-/reload", Reload, kChange, Parameters::kIgnored},
});

constexpr auto kPaths = [] {
  std::array<std::string_view, kRoutes.size()> paths;
  std::ranges::transform(kRoutes, paths.begin(), &Route::path);
  return paths;
}();

HttpReply NotFound() {
  std::string text = "Nothing here. Try one of:\n";
  for (const std::string_view path : kPaths) text.append(path).append("\n");
  return TextReply(kNotFound, std::move(text));
}

bool IsAllowed(std::string_view method, const Methods& methods) {
  return !method.empty() && (method == methods.one || method == methods.other);
}

HttpReply MethodNotAllowed(const Methods& methods) {
  HttpReply reply = TextReply(kMethodNotAllowed, std::string(methods.text));
  reply.allow = methods.allow;
  return reply;
}

HttpReply BadQuery(const QueryMistake& mistake) {
  return ErrorReply(kBadRequest, mistake.text, mistake.position);
}

std::variant<Paging, QueryMistake> ReadParameters(std::string_view text, Parameters parameters) {
  constexpr std::array<std::string_view, 2> kPagingNames = {"limit", "offset"};
  if (parameters == Parameters::kIgnored || parameters == Parameters::kOwn) return Paging{};
  std::span<const std::string_view> known;
  if (parameters == Parameters::kPaging) known = kPagingNames;
  auto query = ParseQuery(text, known);
  if (auto* mistake = std::get_if<QueryMistake>(&query)) return std::move(*mistake);
  return ReadPaging(std::get<Query>(query));
}

// The other routes are for everybody, under any name: Prometheus may use one from DNS, and the
// document that a browser gets has no data in it.
std::optional<std::string> WhyForeign(const Route& route, const HttpRequest& request,
                                      const HostNames& names) {
  if (route.methods.is_change) return WhyForeignWriter(request, names);
  const bool is_plain_page = route.answer == Page && !AsksForHtml(request.accept);
  const bool is_of_api = route.path.starts_with("/api/");
  if (is_plain_page || is_of_api) return WhyForeignReader(request, names);
  return std::nullopt;
}

HttpReply RefuseForeign(const HttpRequest& request, const RouteServices& services,
                        const std::string& why) {
  if (services.on_foreign) {
    services.on_foreign("refused a request from " + std::string(request.client.address) + ": " +
                        why);
  }
  return ErrorReply(kForbidden, "refused: " + why);
}

}  // namespace

std::span<const std::string_view> RoutePaths() { return kPaths; }

HttpReply Answer(const HttpRequest& request, const RouteServices& services, Instant now) {
  const auto* const route = std::ranges::find(kRoutes, request.path, &Route::path);
  if (route == kRoutes.end()) return NotFound();
  if (!IsAllowed(request.method, route->methods)) return MethodNotAllowed(route->methods);
  if (const auto why = WhyForeign(*route, request, services.host_names)) {
    return RefuseForeign(request, services, *why);
  }
  auto parameters = ReadParameters(request.query, route->parameters);
  if (const auto* mistake = std::get_if<QueryMistake>(&parameters)) return BadQuery(*mistake);
  return route->answer({.request = request,
                        .services = services,
                        .published = services.reports.Load(),
                        .now = now,
                        .paging = std::get<Paging>(parameters)});
}

}  // namespace connwatch
