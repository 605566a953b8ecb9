#include "exporters/http_reply.h"

#include <utility>

#include "exporters/accept_encoding.h"
#include "exporters/landing_page.h"

namespace connwatch {

namespace {

constexpr std::string_view kPlainText = "text/plain; charset=utf-8";
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

HttpReply Metrics(const HttpRequest& request, const SharedSnapshot& snapshot) {
  HttpReply reply;
  reply.status = kOk;
  reply.content_type = kMetricsText;
  const bool gzip = AcceptsGzip(request.accept_encoding);
  if (gzip) reply.content_encoding = "gzip";
  const std::string& page = gzip ? snapshot->GzippedMetricsPage() : snapshot->MetricsPage();
  reply.body = {snapshot, &page};  // shares the snapshot's ownership
  return reply;
}

HttpReply Ready(const Snapshot& snapshot) {
  if (snapshot.sockets) return Text(kOk, "connwatch is ready.\n");
  std::string reason = "waiting for the first full poll";
  for (const PollHealth& poll : snapshot.polls) {
    if (poll.current_failure()) reason = poll.current_failure()->text;
  }
  return Text(kServiceUnavailable, "connwatch is not ready: " + reason + "\n");
}

}  // namespace

HttpReply Answer(const HttpRequest& request, const SharedSnapshot& snapshot, WallTime now) {
  const bool is_known = request.path == "/" || request.path == "/metrics" ||
                        request.path == "/-/healthy" || request.path == "/-/ready";
  if (!is_known) {
    return Text(kNotFound, "Nothing here. Try /, /metrics, /-/healthy or /-/ready.\n");
  }
  if (request.method != "GET" && request.method != "HEAD") {
    HttpReply reply = Text(kMethodNotAllowed, "Only GET and HEAD are allowed here.\n");
    reply.allow = kReadMethods;
    return reply;
  }
  if (request.path == "/metrics") return Metrics(request, snapshot);
  if (request.path == "/-/healthy") return Text(kOk, "connwatch is healthy.\n");
  if (request.path == "/-/ready") return Ready(snapshot->snapshot());
  return Text(kOk, RenderLandingPage(snapshot->snapshot(), snapshot->build(), now), kHtml);
}

}  // namespace connwatch
