#include "exporters/http/http_reply.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <variant>

#include "exporters/http/accept_encoding.h"
#include "exporters/http/gzip.h"
#include "exporters/http/http_status.h"
#include "exporters/http/query.h"
#include "exporters/json/json_api.h"
#include "exporters/status_page/status_page.h"

namespace connwatch {

namespace {

constexpr std::string_view kPlainText = "text/plain; charset=utf-8";
constexpr std::string_view kJson = "application/json";
constexpr std::string_view kHtml = "text/html; charset=utf-8";
constexpr std::string_view kReadMethods = "GET, HEAD";
constexpr std::string_view kGzip = "gzip";

HttpReply Body(std::string body, std::string_view content_type, unsigned status = kOk) {
  HttpReply reply;
  reply.status = status;
  reply.content_type = content_type;
  reply.body = std::make_shared<const std::string>(std::move(body));
  return reply;
}

using SharedSnapshot = std::shared_ptr<const PublishedSnapshot>;

// What a handler may look at.
struct Inquiry {
  const HttpRequest& request;
  const SharedSnapshot& published;
  WallTime now;
  Paging paging = {};

  const Snapshot& snapshot() const { return published->snapshot(); }
};

HttpReply Status(const Inquiry& /*inquiry*/) {
  HttpReply reply = Body(std::string(StatusPage()), kHtml);
  reply.headers.push_back({"Content-Security-Policy", std::string(StatusPagePolicy())});
  return reply;
}

HttpReply Metrics(const Inquiry& inquiry) {
  HttpReply reply;
  reply.status = kOk;
  const MetricsFormat format = ChooseFormat(inquiry.request.accept);
  reply.content_type = ContentType(format);
  const bool gzip = AcceptsGzip(inquiry.request.accept_encoding);
  if (gzip) reply.content_encoding = kGzip;
  const PublishedSnapshot& published = *inquiry.published;
  const std::string& page =
      gzip ? published.GzippedMetricsPage(format) : published.MetricsPage(format);
  reply.body = {inquiry.published, &page};  // shares the snapshot's ownership
  return reply;
}

HttpReply Healthy(const Inquiry& /*inquiry*/) { return TextReply(kOk, "connwatch is healthy.\n"); }

HttpReply Ready(const Inquiry& inquiry) {
  if (inquiry.snapshot().sockets) return TextReply(kOk, "connwatch is ready.\n");
  std::string reason = "waiting for the first full poll";
  for (const PollHealth& poll : inquiry.snapshot().polls) {
    if (poll.current_failure()) reason = poll.current_failure()->text;
  }
  return TextReply(kServiceUnavailable, "connwatch is not ready: " + reason + "\n");
}

HttpReply JsonReply(std::optional<std::string> json, std::string_view waiting_for) {
  if (json) return Body(*std::move(json), kJson);
  return ErrorReply(kServiceUnavailable, "waiting for " + std::string(waiting_for));
}

HttpReply States(const Inquiry& inquiry) {
  return JsonReply(RenderStates(inquiry.snapshot()), "the first full poll");
}

HttpReply Listeners(const Inquiry& inquiry) {
  return JsonReply(RenderListeners(inquiry.snapshot(), inquiry.paging),
                   "the first poll of listeners");
}

HttpReply Handshakes(const Inquiry& inquiry) {
  return JsonReply(RenderHandshakes(inquiry.snapshot(), inquiry.paging),
                   "the first poll of handshakes");
}

HttpReply Groups(const Inquiry& inquiry) {
  return JsonReply(RenderGroups(inquiry.snapshot(), inquiry.paging), "the first full poll");
}

HttpReply Alerts(const Inquiry& inquiry) {
  return JsonReply(RenderAlerts(inquiry.snapshot(), inquiry.paging), "the first poll");
}

HttpReply HistoryOf(const Inquiry& inquiry) {
  return JsonReply(RenderHistory(inquiry.snapshot()), "the first poll");
}

HttpReply StatusOf(const Inquiry& inquiry) {
  const PublishedSnapshot& published = *inquiry.published;
  return JsonReply(RenderStatus(published.snapshot(), published.build(), inquiry.now), "");
}

enum class Parameters : std::uint8_t {
  kIgnored,
  kNone,    // any is a mistake
  kPaging,  // limit and offset
};

struct Route {
  std::string_view path;
  HttpReply (*answer)(const Inquiry& inquiry);
  Parameters parameters;
};

constexpr std::array<Route, 11> kRoutes = {{{"/", Status, Parameters::kIgnored},
                                            {"/metrics", Metrics, Parameters::kIgnored},
                                            {"/api/v1/alerts", Alerts, Parameters::kPaging},
                                            {"/api/v1/groups", Groups, Parameters::kPaging},
                                            {"/api/v1/handshakes", Handshakes, Parameters::kPaging},
                                            {"/api/v1/history", HistoryOf, Parameters::kNone},
                                            {"/api/v1/listeners", Listeners, Parameters::kPaging},
                                            {"/api/v1/states", States, Parameters::kNone},
                                            {"/api/v1/status", StatusOf, Parameters::kNone},
                                            {"/-/healthy", Healthy, Parameters::kIgnored},
                                            {"/-/ready", Ready, Parameters::kIgnored}}};

HttpReply NotFound() {
  std::string text = "Nothing here. Try one of:\n";
  for (const Route& route : kRoutes) text.append(route.path).append("\n");
  return TextReply(kNotFound, std::move(text));
}

HttpReply BadQuery(const QueryMistake& mistake) {
  return ErrorReply(kBadRequest, mistake.text, mistake.position);
}

std::variant<Paging, QueryMistake> ReadParameters(std::string_view text, Parameters parameters) {
  constexpr std::array<std::string_view, 2> kPagingNames = {"limit", "offset"};
  if (parameters == Parameters::kIgnored) return Paging{};
  std::span<const std::string_view> known;
  if (parameters == Parameters::kPaging) known = kPagingNames;
  auto query = ParseQuery(text, known);
  if (auto* mistake = std::get_if<QueryMistake>(&query)) return std::move(*mistake);
  return ReadPaging(std::get<Query>(query));
}

// Pages and lists; /metrics has its own, which is compressed once.
void CompressIfAsked(HttpReply& reply, std::string_view accept_encoding) {
  constexpr std::size_t kWorthIt = 1'024;
  if (!reply.content_encoding.empty() || reply.body->size() < kWorthIt) return;
  if (!AcceptsGzip(accept_encoding)) return;
  reply.body = std::make_shared<const std::string>(Gzip(*reply.body));
  reply.content_encoding = kGzip;
}

}  // namespace

HttpReply TextReply(unsigned status, std::string text) {
  return Body(std::move(text), kPlainText, status);
}

HttpReply ErrorReply(unsigned status, const std::string& text,
                     std::optional<std::size_t> position) {
  return Body(RenderError(text, position), kJson, status);
}

HttpReply Answer(const HttpRequest& request, const SharedSnapshot& snapshot, WallTime now) {
  const auto* const route = std::ranges::find(kRoutes, request.path, &Route::path);
  if (route == kRoutes.end()) return NotFound();
  if (request.method != "GET" && request.method != "HEAD") {
    HttpReply reply = TextReply(kMethodNotAllowed, "Only GET and HEAD are allowed here.\n");
    reply.allow = kReadMethods;
    return reply;
  }
  auto parameters = ReadParameters(request.query, route->parameters);
  if (const auto* mistake = std::get_if<QueryMistake>(&parameters)) return BadQuery(*mistake);
  HttpReply reply = route->answer({request, snapshot, now, std::get<Paging>(parameters)});
  CompressIfAsked(reply, request.accept_encoding);
  return reply;
}

}  // namespace connwatch
