#include "exporters/routes/routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exporters/plain_text/plain_page.h"
#include "exporters/status_page/status_page.h"
#include "tests/support/gunzip.h"
#include "tests/support/reports.h"
#include "tests/support/text_files.h"

namespace connwatch::routes_test {
namespace {

using testing::HasSubstr;

HttpReply Reply(const HttpRequest& request, Report report = FullReport(),
                const Pulse& pulse = Pulse()) {
  ReportSlot slot;
  slot.Store(std::make_shared<const PublishedReport>(std::move(report)));
  return Answer(request, {slot, pulse}, TestInstant(60));
}

HttpReply Get(std::string_view path, Report report = FullReport(),
              std::string_view accept_encoding = "") {
  return Reply({.method = "GET", .path = path, .accept_encoding = accept_encoding},
               std::move(report));
}

HttpReply Ask(std::string_view path, std::string_view query) {
  return Reply({.method = "GET", .path = path, .query = query});
}

// What browsers send.
constexpr std::string_view kBrowser =
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";

TEST(RoutesTest, MetricsInTheTextFormat) {
  const HttpReply reply = Get("/metrics");
  EXPECT_EQ(reply.status, 200U);
  EXPECT_EQ(reply.content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(reply.content_encoding, "");
  EXPECT_THAT(*reply.body, HasSubstr("\nconnwatch_tcp_sockets{"));
}

TEST(RoutesTest, MetricsGzippedHoldTheSamePage) {
  const HttpReply plain = Get("/metrics");
  const HttpReply gzipped = Get("/metrics", FullReport(), "gzip");
  EXPECT_EQ(gzipped.content_encoding, "gzip");
  EXPECT_EQ(Gunzip(*gzipped.body), *plain.body);
}

TEST(RoutesTest, OpenMetricsWhereTheClientPrefersIt) {
  HttpRequest request = {.method = "GET",
                         .path = "/metrics",
                         .accept = "application/openmetrics-text;version=1.0.0,*/*;q=0.1"};
  const HttpReply reply = Reply(request);
  EXPECT_EQ(reply.content_type, "application/openmetrics-text; version=1.0.0; charset=utf-8");
  EXPECT_TRUE(reply.body->ends_with("\n# EOF\n"));
  request.accept_encoding = "gzip";
  EXPECT_EQ(Gunzip(*Reply(request).body), *reply.body);
}

TEST(RoutesTest, TheRunbookIsADocumentToo) {
  const HttpReply plain = Get("/runbook");
  EXPECT_EQ(plain.status, 200U);
  EXPECT_EQ(plain.content_type, "text/html; charset=utf-8");
  EXPECT_EQ(*plain.body, RunbookPage());
  EXPECT_EQ(Gunzip(*Get("/runbook", FullReport(), "gzip").body), RunbookPage());
  ASSERT_EQ(plain.headers.size(), 1U);
  EXPECT_EQ(plain.headers.front().value, RunbookPagePolicy());
}

TEST(RoutesTest, TheStatusPageHasAPolicyAndOthersNeedNone) {
  const HttpReply reply = Reply({.method = "GET", .path = "/", .accept = kBrowser});
  EXPECT_EQ(reply.status, 200U);
  EXPECT_EQ(reply.content_type, "text/html; charset=utf-8");
  ASSERT_EQ(reply.headers.size(), 1U);
  EXPECT_EQ(reply.headers[0].name, "Content-Security-Policy");
  EXPECT_THAT(reply.headers[0].value, HasSubstr("default-src 'none'"));
  EXPECT_TRUE(Get("/metrics").headers.empty());
}

TEST(RoutesTest, WhoDoesNotAskForHtmlGetsTheStatusAsText) {
  for (const std::string_view accept : {"", "*/*", "text/plain", "text/html;q=0, */*"}) {
    const HttpReply reply = Reply({.method = "GET", .path = "/", .accept = accept});
    EXPECT_EQ(reply.status, 200U);
    EXPECT_EQ(reply.content_type, "text/plain; charset=utf-8") << accept;
    EXPECT_EQ(*reply.body, RenderPlainPage(FullReport(), TestInstant(60)));
  }
  for (const std::string_view accept : {kBrowser, std::string_view("TEXT/HTML;q=0.1")}) {
    const HttpReply reply = Reply({.method = "GET", .path = "/", .accept = accept});
    EXPECT_EQ(*reply.body, StatusPage()) << accept;
  }
  EXPECT_EQ(Get("/", EmptyReport()).status, 200U);
}

TEST(RoutesTest, EveryAnswerOfTheApiIsJsonFromTheStart) {
  for (const char* path : {"alerts", "groups", "handshakes", "history", "listeners", "states"}) {
    const std::string whole = std::string("/api/v1/") + path;
    EXPECT_EQ(Get(whole).status, 200U) << path;
    EXPECT_EQ(Get(whole).content_type, "application/json");
    const HttpReply not_yet = Get(whole, EmptyReport());
    EXPECT_EQ(not_yet.status, 503U) << path;
    EXPECT_THAT(*not_yet.body, HasSubstr("\"error\": \"waiting for the first"));
  }
  for (const char* path : {"/api/v1/host", "/api/v1/status"}) {
    EXPECT_EQ(Get(path, EmptyReport()).status, 200U) << path;
    EXPECT_EQ(Get(path).content_type, "application/json");
  }
}

TEST(RoutesTest, ListsArePagedByTheQuery) {
  const HttpReply reply = Ask("/api/v1/listeners", "limit=1&offset=1");
  EXPECT_EQ(reply.status, 200U);
  EXPECT_THAT(*reply.body, HasSubstr("[::1%eth0]:22"));
  EXPECT_THAT(*reply.body, testing::Not(HasSubstr("0.0.0.0:443")));
}

TEST(RoutesTest, ABadQueryIs400WithThePosition) {
  for (const auto& [path, query] : std::vector<std::pair<std::string_view, std::string_view>>{
           {"/api/v1/listeners", "limit=0"},
           {"/api/v1/groups", "limit=1&offset=x"},
           {"/api/v1/alerts", "limit=1&limit=1"},
           {"/api/v1/states", "limit=1"},
           {"/api/v1/host", "limit=1"},
           {"/api/v1/status", "a"},
           {"/api/v1/history", "%00"}}) {
    const HttpReply reply = Ask(path, query);
    EXPECT_EQ(reply.status, 400U) << path;
    EXPECT_EQ(reply.content_type, "application/json");
    EXPECT_THAT(*reply.body, HasSubstr("\"position\": "));
  }
}

TEST(RoutesTest, ElsewhereAQueryIsIgnored) {
  for (const char* path : {"/", "/metrics", "/-/healthy", "/-/ready"}) {
    EXPECT_EQ(Ask(path, "x=%zz&y").status, 200U) << path;
  }
}

TEST(RoutesTest, SaysHowLongTheLoopHasNotRun) {
  Pulse pulse;
  pulse.Beat(TestInstant(37).monotonic);
  for (const std::string_view word : {"healthy", "ready"}) {
    const HttpReply reply =
        Reply({.method = "GET", .path = "/-/" + std::string(word)}, FullReport(), pulse);
    EXPECT_EQ(reply.status, 503U);
    EXPECT_EQ(*reply.body, "connwatch is not " + std::string(word) +
                               ": the daemon's loop has not run for 23 s\n");
  }
  for (const std::string_view path : {"/metrics", "/api/v1/status"}) {
    EXPECT_EQ(Reply({.method = "GET", .path = path}, FullReport(), pulse).status, 200U) << path;
  }
  pulse.Beat(TestInstant(50).monotonic);
  EXPECT_EQ(Reply({.method = "GET", .path = "/-/healthy"}, FullReport(), pulse).status, 200U);
}

TEST(RoutesTest, LongAnswersAreCompressedIfAsked) {
  for (const char* path : {"/", "/api/v1/listeners"}) {
    const HttpReply plain = Get(path);
    const HttpReply gzipped = Get(path, FullReport(), "gzip");
    EXPECT_EQ(plain.content_encoding, "");
    EXPECT_EQ(gzipped.content_encoding, "gzip");
    EXPECT_EQ(Gunzip(*gzipped.body), *plain.body);
  }
  EXPECT_EQ(Get("/-/healthy", FullReport(), "gzip").content_encoding, "");
}

TEST(RoutesTest, ABodyKeepsItsTextAndNotTheReport) {
  for (const char* path : {"/metrics", "/api/v1/listeners", "/api/v1/status"}) {
    auto published = std::make_shared<const PublishedReport>(FullReport());
    ReportSlot slot;
    slot.Store(published);
    const HttpReply reply =
        Answer({.method = "GET", .path = path}, {slot, Pulse()}, TestInstant(60));
    slot.Store(nullptr);
    const std::weak_ptr<const PublishedReport> observer = published;
    published.reset();
    EXPECT_TRUE(observer.expired()) << path;
    EXPECT_FALSE(reply.body->empty()) << path;
  }
}

TEST(RoutesTest, JsonIsRenderedOncePerReportAndRange) {
  ReportSlot slot;
  slot.Store(std::make_shared<const PublishedReport>(FullReport()));
  const auto body = [&](const char* path, const char* query, const char* encoding = "") {
    return Answer({.method = "GET", .path = path, .query = query, .accept_encoding = encoding},
                  {slot, Pulse()}, TestInstant(60))
        .body;
  };
  for (const char* path : {"/api/v1/alerts", "/api/v1/groups", "/api/v1/handshakes",
                           "/api/v1/history", "/api/v1/listeners", "/api/v1/states"}) {
    EXPECT_EQ(body(path, ""), body(path, "")) << path;
  }
  const auto all = body("/api/v1/listeners", "");
  EXPECT_EQ(all, body("/api/v1/listeners", "offset=0&limit=100"));
  EXPECT_EQ(all, body("/api/v1/listeners", "%6Cimit=0100"));
  EXPECT_NE(*all, *body("/api/v1/listeners", "limit=1"));
  EXPECT_NE(*body("/api/v1/listeners", "limit=1"), *body("/api/v1/listeners", "offset=1"));
  EXPECT_NE(*all, *body("/api/v1/listeners", "", "gzip"));
  slot.Store(std::make_shared<const PublishedReport>(FullReport()));
  const auto next = body("/api/v1/listeners", "");
  EXPECT_NE(next, all) << "the next report has answers of its own";
  EXPECT_EQ(*next, *all);
}

TEST(RoutesTest, ReadyOnlyAfterTheFirstFullPoll) {
  EXPECT_EQ(Get("/-/ready").status, 200U);
  const HttpReply not_yet = Get("/-/ready", EmptyReport());
  EXPECT_EQ(not_yet.status, 503U);
  EXPECT_THAT(*not_yet.body, HasSubstr("waiting for the first full poll"));
}

TEST(RoutesTest, NotReadySaysWhatFailed) {
  Snapshot snapshot = EmptySnapshot();
  snapshot.polls.front().RecordFailure(TestInstant(1), {}, Error{1, "no inet_diag"});
  EXPECT_THAT(*Get("/-/ready", ReportOf(snapshot)).body, HasSubstr("no inet_diag"));
}

TEST(RoutesTest, HandshakesAreJsonOrNotYetKnown) {
  const HttpReply reply = Get("/api/v1/handshakes");
  EXPECT_EQ(reply.status, 200U);
  EXPECT_EQ(reply.content_type, "application/json");
  EXPECT_THAT(*reply.body, HasSubstr("\"pending_total\": 6"));
  const HttpReply not_yet = Get("/api/v1/handshakes", EmptyReport());
  EXPECT_EQ(not_yet.status, 503U);
  EXPECT_THAT(*not_yet.body, HasSubstr("\"error\""));
}

TEST(RoutesTest, HealthyAsLongAsItAnswers) {
  EXPECT_EQ(Get("/-/healthy", EmptyReport()).status, 200U);
}

TEST(RoutesTest, UnknownPathsAre404WithText) {
  for (const char* path : {"/metricsx", "/metrics/", "", "//", "/-/", "/-/reload/"}) {
    const HttpReply reply = Get(path);
    EXPECT_EQ(reply.status, 404U) << path;
    EXPECT_FALSE(reply.body->empty());
  }
}

TEST(RoutesTest, EveryRouteTakesItsMethodsOnly) {
  for (const std::string_view path : RoutePaths()) {
    const HttpReply refused = Reply({.method = "DELETE", .path = path});
    EXPECT_EQ(refused.status, 405U) << path;
    EXPECT_FALSE(refused.body->empty());
    for (const char* method : {"GET", "HEAD", "POST", "PUT", "OPTIONS", "get", ""}) {
      const bool is_allowed =
          method[0] != '\0' && ("," + std::string(refused.allow)).find(method) != std::string::npos;
      EXPECT_EQ(Reply({.method = method, .path = path}).status != 405U, is_allowed)
          << method << " " << path;
    }
  }
}

TEST(RoutesTest, NoForeignPageReadsTheApiOrChangesAnything) {
  std::vector<std::string> log;
  ReportSlot slot;
  slot.Store(std::make_shared<const PublishedReport>(FullReport()));
  Pulse pulse;
  pulse.Beat(TestInstant(60).monotonic);
  int reloads = 0;
  const RouteServices services = {
      .reports = slot,
      .pulse = pulse,
      .reload = [&]() -> Result<void> {
        ++reloads;
        return {};
      },
      .sockets = [](const SocketQuery&) { return std::make_shared<BodyStream>(); },
      .incidents = [](const IncidentQuery&, bool) { return std::make_shared<BodyStream>(); },
      .host_names = {"db1"},
      .on_foreign = [&log](const std::string& line) { log.push_back(line); }};
  std::size_t refused = 0;
  for (const std::string_view path : RoutePaths()) {
    const bool is_change = path == "/-/reload";
    HttpRequest request = {.method = is_change ? "POST" : "GET",
                           .path = path,
                           .host = "page.example",
                           .client = {.address = "127.0.0.1"}};
    const bool is_guarded = is_change || path == "/" || path.starts_with("/api/");
    if (is_guarded) ++refused;
    EXPECT_EQ(Answer(request, services, TestInstant(60)).status, is_guarded ? 403U : 200U) << path;
    request.host = "db1:10177";
    EXPECT_EQ(Answer(request, services, TestInstant(60)).status, 200U) << path;
  }
  EXPECT_EQ(Answer({.method = "GET",
                    .path = "/",
                    .accept = kBrowser,
                    .host = "page.example",
                    .client = {.address = "127.0.0.1"}},
                   services, TestInstant(60))
                .content_type,
            "text/html; charset=utf-8")
      << "it has no data";
  EXPECT_EQ(reloads, 1);
  ASSERT_EQ(log.size(), refused);
  EXPECT_THAT(log, testing::Each(HasSubstr("refused a request from 127.0.0.1: ")));
}

TEST(RoutesTest, WhatIsNotEnabledIs403) {
  EXPECT_EQ(Reply({.method = "POST", .path = "/-/reload"}).status, 403U);
  EXPECT_EQ(Reply({.method = "GET", .path = "/api/v1/sockets"}).status, 403U);
}

TEST(RoutesTest, AnUnknownPathIsAnsweredWithAllThereAre) {
  const HttpReply reply = Get("/nothing");
  for (const std::string_view path : RoutePaths()) {
    EXPECT_THAT(*reply.body, HasSubstr(std::string(path) + "\n"));
  }
}

// docs/api.md has a heading or an example for each path of the API, and README.md a row for each.
TEST(RoutesTest, TheDocumentsNameEveryPath) {
  const std::string readme = ReadSourceFile("README.md");
  const std::string api = ReadSourceFile("docs/api.md");
  for (const std::string_view path : RoutePaths()) {
    EXPECT_THAT(readme, HasSubstr("`" + std::string(path) + "`")) << path;
    if (path.starts_with("/api/")) EXPECT_THAT(api, HasSubstr("`GET " + std::string(path))) << path;
  }
}

}  // namespace
}  // namespace connwatch::routes_test
