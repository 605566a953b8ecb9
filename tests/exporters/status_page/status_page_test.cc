// What can be said of the page without a browser; tests/e2e/status_page_test.py has one.
#include "exporters/status_page/status_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "core/alerts/alert_defaults.h"
#include "tests/support/text_files.h"

namespace connwatch::status_page_test {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(StatusPageTest, HasTheWholeOfItsSources) {
  const std::string page(StatusPage());
  EXPECT_THAT(page, testing::StartsWith("<!doctype html>"));
  EXPECT_THAT(page, testing::EndsWith("</html>\n"));
  EXPECT_THAT(page, HasSubstr("<style>" + ReadSourceFile("exporters/status_page/style.css")));
  for (const char* script :
       {"text.js", "dom.js", "chart.js", "alerts.js", "states.js", "listeners.js", "namespaces.js",
        "handshakes.js", "destinations.js", "groups.js", "status.js", "main.js"}) {
    const std::string source = ReadSourceFile(std::string("exporters/status_page/") + script);
    ASSERT_FALSE(source.empty()) << script;
    EXPECT_THAT(page, HasSubstr(source)) << script;
  }
  EXPECT_THAT(page, Not(HasSubstr("{{")));
}

TEST(StatusPageTest, NamesNoOtherHost) {
  const std::string page(StatusPage());
  constexpr std::string_view kSvgNamespace = "http://www.w3.org/2000/svg";  // a name, never asked
  for (std::size_t at = page.find("://"); at != std::string::npos; at = page.find("://", at + 1)) {
    EXPECT_EQ(page.substr(at - 4, kSvgNamespace.size()), kSvgNamespace);
  }
}

TEST(StatusPageTest, EntersTextOnlyAsText) {
  for (const char* way_in :
       {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function",
        "setAttribute(\"style\"", " style=\"", " onclick="}) {
    EXPECT_THAT(std::string(StatusPage()), Not(HasSubstr(way_in)));
  }
}

TEST(StatusPageTest, ThePolicyLetsNothingElseRun) {
  const std::string policy(StatusPagePolicy());
  EXPECT_THAT(policy, testing::ContainsRegex(
                          "^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='; "
                          "script-src 'sha256-[A-Za-z0-9+/]{43}='; connect-src 'self'; "));
  EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
}

TEST(RunbookPageTest, HasTheLookOfTheStatusPage) {
  const std::string page(RunbookPage());
  EXPECT_THAT(page, testing::StartsWith("<!doctype html>"));
  EXPECT_THAT(page, testing::EndsWith("</html>\n"));
  EXPECT_THAT(page, HasSubstr("<style>" + ReadSourceFile("exporters/status_page/style.css") +
                              ReadSourceFile("exporters/status_page/runbook.css")));
  EXPECT_THAT(page, Not(HasSubstr("{{")));
}

TEST(RunbookPageTest, HasASectionForEachDefaultRule) {
  for (const AlertRule& rule : DefaultAlertRules()) {
    EXPECT_THAT(std::string(RunbookPage()), HasSubstr("<section id=\"" + rule.name + "\""));
  }
}

TEST(RunbookPageTest, AsksForNothingAndRunsNothing) {
  const std::string page(RunbookPage());
  for (const char* way_out : {"<script", "<img", "<iframe", "<link rel=\"stylesheet", " src=\"",
                              "href=\"http", "url(", "@import"}) {
    EXPECT_THAT(page, Not(HasSubstr(way_out)));
  }
  EXPECT_THAT(std::string(RunbookPagePolicy()),
              testing::MatchesRegex("default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='; "
                                    "img-src data:; base-uri 'none'; form-action 'none'; "
                                    "frame-ancestors 'none'"));
}

}  // namespace
}  // namespace connwatch::status_page_test
