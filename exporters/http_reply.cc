#include "exporters/http_reply.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "exporters/accept_encoding.h"
#include "exporters/json_api.h"
#include "exporters/landing_page.h"

namespace connwatch {

namespace {

constexpr std::string_view kPlainText = "text/plain; charset=utf-8";
constexpr std::string_view kJson = "application/json";
constexpr std::string_view kHtml = "text/html; charset=utf-8";
// Prometheus text exposition format.
constexpr std::string_view kMetricsText = "text/plain; version=0.0.4; charset=utf-8";
constexpr std::string_view kReadMethods = "GET, HEAD";

constexpr unsigned kOk = 200;
constexpr unsigned kNotFound = 404;
constexpr unsigned kMethodNotAllowed = 405;
constexpr unsigned kServiceUnavailable = 503;

HttpReply Text(unsigned status, std::string text, std::string_view content_type = kPlainText) {
  HttpReply reply;
  reply.status = status;
  reply.content_type = content_type;
  reply.body = std::make_shared<const std::string>(std::move(text));
  return reply;
}

using SharedSnapshot = std::shared_ptr<const PublishedSnapshot>;

// What a handler may look at.
struct Inquiry {
  const HttpRequest& request;
  const SharedSnapshot& published;
  WallTime now;

  const Snapshot& snapshot() const { return published->snapshot(); }
};

HttpReply Landing(const Inquiry& inquiry) {
  return Text(kOk, RenderLandingPage(inquiry.snapshot(), inquiry.published->build(), inquiry.now),
              kHtml);
}

HttpReply Metrics(const Inquiry& inquiry) {
  HttpReply reply;
  reply.status = kOk;
  reply.content_type = kMetricsText;
  const bool gzip = AcceptsGzip(inquiry.request.accept_encoding);
  if (gzip) reply.content_encoding = "gzip";
  const PublishedSnapshot& published = *inquiry.published;
  const std::string& page = gzip ? published.GzippedMetricsPage() : published.MetricsPage();
  reply.body = {inquiry.published, &page};  // shares the snapshot's ownership
  return reply;
}

HttpReply Healthy(const Inquiry& /*inquiry*/) { return Text(kOk, "connwatch is healthy.\n"); }

HttpReply Ready(const Inquiry& inquiry) {
  if (inquiry.snapshot().sockets) return Text(kOk, "connwatch is ready.\n");
  std::string reason = "waiting for the first full poll";
  for (const PollHealth& poll : inquiry.snapshot().polls) {
    if (poll.current_failure()) reason = poll.current_failure()->text;
  }
  return Text(kServiceUnavailable, "connwatch is not ready: " + reason + "\n");
}

HttpReply Json(std::optional<std::string> json, std::string_view waiting_for) {
  if (json) return Text(kOk, *std::move(json), kJson);
  std::string error = R"({"error": "waiting for )";
  error.append(waiting_for).append("\"}\n");
  return Text(kServiceUnavailable, std::move(error), kJson);
}

HttpReply Handshakes(const Inquiry& inquiry) {
  return Json(RenderHandshakes(inquiry.snapshot()), "the first poll of handshakes");
}

HttpReply Alerts(const Inquiry& inquiry) {
  return Json(RenderAlerts(inquiry.snapshot()), "the first poll");
}

struct Route {
  std::string_view path;
  HttpReply (*answer)(const Inquiry& inquiry);
};

constexpr std::array<Route, 6> kRoutes = {{{"/", Landing},
                                           {"/metrics", Metrics},
                                           {"/api/v1/alerts", Alerts},
                                           {"/api/v1/handshakes", Handshakes},
                                           {"/-/healthy", Healthy},
                                           {"/-/ready", Ready}}};

HttpReply NotFound() {
  std::string text = "Nothing here. Try one of:\n";
  for (const Route& route : kRoutes) text.append(route.path).append("\n");
  return Text(kNotFound, std::move(text));
}

}  // namespace

HttpReply TextReply(unsigned status, std::string text) { return Text(status, std::move(text)); }

HttpReply Answer(const HttpRequest& request, const SharedSnapshot& snapshot, WallTime now) {
  const auto* const route = std::ranges::find(kRoutes, request.path, &Route::path);
  if (route == kRoutes.end()) return NotFound();
  if (request.method != "GET" && request.method != "HEAD") {
    HttpReply reply = Text(kMethodNotAllowed, "Only GET and HEAD are allowed here.\n");
    reply.allow = kReadMethods;
    return reply;
  }
  return route->answer({request, snapshot, now});
}

}  // namespace connwatch
