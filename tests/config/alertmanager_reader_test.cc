// The receivers of alerts as a whole file shows them; URLs are in http_url_test.cc.
#include "config/alertmanager_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/config_loader.h"
#include "tests/config/mistakes.h"
#include "tests/support/scratch_directory.h"

namespace connwatch::alertmanager_reader_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using namespace std::chrono_literals;

// The receivers in `text`; none where it has mistakes.
std::vector<AlertReceiver> Receivers(std::string_view text) {
  const ConfigResult result = ParseConfig(text, "f");
  EXPECT_THAT(Lines(result), IsEmpty());
  const auto* config = std::get_if<Config>(&result);
  return config != nullptr ? config->alertmanagers : std::vector<AlertReceiver>{};
}

constexpr const char* kCertificate =
    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
constexpr const char* kKey = "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n";

TEST(AlertmanagerReader, AUrlIsAllItTakes) {
  EXPECT_THAT(
      Receivers("alertmanagers: [{url: \"http://127.0.0.1:9093\"}]"),
      ElementsAre(AlertReceiver{
          .url = "http://127.0.0.1:9093/api/v2/alerts", .name = "127.0.0.1:9093", .timeout = 10s}));
}

TEST(AlertmanagerReader, ReadsEveryKey) {
  const ScratchDirectory files;
  const std::string ca = files.Write("ca", kCertificate);
  const std::string certificate = files.Write("certificate", kCertificate);
  const std::string key = files.Write("key", kKey);
  const std::string password = files.Write("password", "4");
  EXPECT_THAT(Receivers("alertmanagers:\n"
                        "  - url: https://a/prefix/\n"
                        "    timeout: 250ms\n"
                        "    basic_auth: {username: me, password: \"p:#\"}\n"
                        "    tls:\n"
                        "      ca_file: " +
                        ca +
                        "\n"
                        "      cert_file: " +
                        certificate +
                        "\n"
                        "      key_file: " +
                        key +
                        "\n"
                        "      server_name: b.example.org\n"
                        "  - webhook: http://[::1]:8080/hook?x=y\n"
                        "    basic_auth: {username: you, password_file: " +
                        password +
                        "}\n"
                        "    body: '{\"text\": \"{{status}}: {{ summary }}\"}'\n"
                        "  - webhook: https://c\n"
                        "    tls: {insecure_skip_verify: true}\n"),
              ElementsAre(AlertReceiver{.url = "https://a:443/prefix/api/v2/alerts",
                                        .name = "a:443",
                                        .timeout = 250ms,
                                        .basic_auth = BasicAuth{"me", "p:#", ""},
                                        .tls = {.ca_file = ca,
                                                .cert_file = certificate,
                                                .key_file = key,
                                                .server_name = "b.example.org"}},
                          AlertReceiver{.kind = ReceiverKind::kWebhook,
                                        .url = "http://[::1]:8080/hook?x=y",
                                        .name = "[::1]:8080",
                                        .body = R"({"text": "{{status}}: {{ summary }}"})",
                                        .basic_auth = BasicAuth{"you", "", password}},
                          AlertReceiver{.kind = ReceiverKind::kWebhook,
                                        .url = "https://c:443",
                                        .name = "c:443",
                                        .tls = {.insecure_skip_verify = true}}));
}

std::string ListOf(int count) {
  std::string list;
  for (int i = 1; i <= count; ++i) list += "{url: \"http://a:" + std::to_string(i) + "\"}, ";
  return "alertmanagers: [" + list + "]";
}

TEST(AlertmanagerReader, SixteenAreTheMost) {
  EXPECT_THAT(Receivers(ListOf(0)), IsEmpty());
  EXPECT_THAT(Receivers(ListOf(16)), SizeIs(16));
  EXPECT_THAT(Mistakes(ListOf(17)),
              ElementsAre("f:1:16: alertmanagers: has 17 values, must be a list with from 0 to 16 "
                          "values"));
}

struct BadInput {
  std::string_view entry;  // in alertmanagers: [{...}]
  std::string_view line;   // without "f:1:"
};

// One mistake each.
const BadInput kBadInputs[] = {
    {"", "17: alertmanagers[0]: has no destination, must have one of the keys url, webhook"},
    {"url: http://a, webhook: http://b",
     "42: alertmanagers[0].webhook: is given together with url, must be only one of them"},
    {"url: [a]", "23: alertmanagers[0].url: is a list, must be a URL"},
    {"url: a", "23: alertmanagers[0].url: is not a URL, must begin with http:// or https://"},
    {"url: http://me:s3cret@a",
     "23: alertmanagers[0].url: has a user name, which must be below basic_auth"},
    {"url: \"http://a?b=c\"",
     "23: alertmanagers[0].url: has a query (?), must have none; only webhook takes one"},
    {"url: http://a/api/v2/alerts/",
     "23: alertmanagers[0].url: ends in /api/v2/alerts, must end before it: the daemon adds it"},
    {"webhook: a",
     "27: alertmanagers[0].webhook: is not a URL, must begin with http:// or https://"},
    {"adress: http://a",
     "18: alertmanagers[0].adress: unknown key, known keys: url, webhook, body, timeout, "
     "basic_auth, tls"},
    {"url: http://a, body: '{}'",
     "39: alertmanagers[0].body: is only for a webhook: an Alertmanager has templates of its own"},
    {"webhook: http://a, body: '[\"{{sumary}}\"]'",
     "43: alertmanagers[0].body: unknown word {{sumary}}, did you mean {{summary}}? must be one "
     "of: status, alertname, severity, summary, description, subject, value, threshold, cause, "
     "unit, instance, startsAt, url, runbook_url"},
    {"webhook: http://a, body: '[\"{{summary\"]'",
     "43: alertmanagers[0].body: \"[\"{{summary\"]\" has {{ without }}, must close it"},
    {"webhook: http://a, body: '[{{summary}}]'",
     "43: alertmanagers[0].body: is not JSON, with x for each word, from \"x]\" on, must be such "
     "as '{\"text\": \"{{summary}}\"}'"},
    {"webhook: http://a, body: '[\"{{summary}}\"'",
     "43: alertmanagers[0].body: is not JSON, with x for each word, because it ends too early, "
     "must be such as '{\"text\": \"{{summary}}\"}'"},
    {"webhook: http://a, body: {text: a}",
     "43: alertmanagers[0].body: is a mapping, must be a text of JSON"},
    {"url: http://a, timeout: 99ms",
     "42: alertmanagers[0].timeout: 99ms is too short, must be from 100ms to 1m"},
    {"url: http://a, timeout: 61s",
     "42: alertmanagers[0].timeout: 61s is too long, must be from 100ms to 1m"},
    {"url: http://a, basic_auth: {password: s3cret}",
     "45: alertmanagers[0].basic_auth: has no username, must have the key username"},
    {"url: http://a, basic_auth: {username: me}",
     "45: alertmanagers[0].basic_auth: has no password, must have one of the keys password, "
     "password_file"},
    {"url: http://a, basic_auth: {username: me, password: s3cret, password_file: /proc/version}",
     "93: alertmanagers[0].basic_auth.password_file: is given together with password, must be "
     "only one of them"},
    {"url: http://a, basic_auth: {username: \"m:e\", password: s3cret}",
     "56: alertmanagers[0].basic_auth.username: must hold no colon"},
    {"url: http://a, basic_auth: {username: \"\", password: s3cret}",
     "56: alertmanagers[0].basic_auth.username: is empty, must be a name"},
    {"url: http://a, basic_auth: {username: me, password: \"s3cret\\n\"}",
     "70: alertmanagers[0].basic_auth.password: must hold no control characters"},
    {"url: http://a, basic_auth: {username: me, password_file: relative}",
     "75: alertmanagers[0].basic_auth.password_file: is not a full path, must begin with /"},
    {"url: http://a, basic_auth: {username: me, password_file: /}",
     "75: alertmanagers[0].basic_auth.password_file: is a directory, must be a regular file"},
    {"url: http://a, tls: {}",
     "38: alertmanagers[0].tls: is only for https, must come with a URL that begins with https://"},
    {"url: https://a, tls: {ca_file: /no/such/file}",
     "49: alertmanagers[0].tls.ca_file: cannot be opened: No such file or directory"},
    {"url: https://a, tls: {cert_file: /proc/version}",
     "51: alertmanagers[0].tls.cert_file: is no PEM file, must have a line \"-----BEGIN ... "
     "CERTIFICATE-----\""},
    {"url: https://a, tls: {key_file: /proc/version}",
     "50: alertmanagers[0].tls.key_file: is no PEM file, must have a line \"-----BEGIN ... PRIVATE "
     "KEY-----\""},
    {"url: https://a, tls: {server_name: \"a:1\"}",
     "53: alertmanagers[0].tls.server_name: is no name of a host, must be such as "
     "alerts.example.org"},
    {"url: https://a, tls: {insecure_skip_verify: yes}",
     "62: alertmanagers[0].tls.insecure_skip_verify: unknown word \"yes\", must be one of: false, "
     "true"},
};

TEST(AlertmanagerReader, SaysWhatIsWrongAndWhatWouldBeRight) {
  for (const BadInput& input : kBadInputs) {
    const std::string text = "alertmanagers: [{" + std::string(input.entry) + "}]";
    const std::vector<std::string> mistakes = Mistakes(text);
    EXPECT_THAT(mistakes, ElementsAre("f:1:" + std::string(input.line))) << text;
    for (const std::string& mistake : mistakes) EXPECT_THAT(mistake, Not(HasSubstr("s3cret")));
  }
}

TEST(AlertmanagerReader, APasswordMayHoldAllButControlCharacters) {
  const auto with_password = [](const std::string& password) {
    return R"(alertmanagers: [{url: "http://a", basic_auth: {username: me, password: ")" +
           password + R"("}}])";
  };
  EXPECT_THAT(Mistakes(with_password("pass phrase ~ \u00e4")), IsEmpty());
  EXPECT_THAT(Mistakes(with_password(std::string(1'000, 'x'))), IsEmpty());
  EXPECT_THAT(Mistakes(with_password(std::string(1'001, 'x'))),
              ElementsAre(HasSubstr("password: is too long, must be at most 1000 bytes")));
  for (const std::string control : {"\\x01", "\\x1f", "\\x7f"}) {
    EXPECT_THAT(Mistakes(with_password(control)),
                ElementsAre(HasSubstr("password: must hold no control characters")))
        << control;
  }
}

TEST(AlertmanagerReader, AnEmptyFileIsAMistake) {
  const ScratchDirectory files;
  const std::string empty = files.Write("empty", "");
  EXPECT_THAT(Mistakes("alertmanagers: [{url: https://a, tls: {ca_file: " + empty + "}}]"),
              ElementsAre("f:1:49: alertmanagers[0].tls.ca_file: is an empty file"));
}

TEST(AlertmanagerReader, CertificateAndKeyComeTogether) {
  const ScratchDirectory files;
  const auto tls = [](const std::string& keys) {
    return "alertmanagers: [{url: https://a, tls: {" + keys + "}}]";
  };
  const std::string certificate = "cert_file: " + files.Write("certificate", kCertificate);
  EXPECT_THAT(Mistakes(tls(certificate)),
              ElementsAre("f:1:51: alertmanagers[0].tls.cert_file: goes with key_file, which is "
                          "missing"));
  EXPECT_THAT(Mistakes(tls("key_file: " + files.Write("key", kKey))),
              ElementsAre("f:1:50: alertmanagers[0].tls.key_file: goes with cert_file, which is "
                          "missing"));
  for (const char* label : {"-----BEGIN ENCRYPTED PRIVATE KEY-----\n",
                            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"}) {
    EXPECT_THAT(
        Mistakes(tls(certificate + ", key_file: " + files.Write("encrypted", label))),
        ElementsAre(HasSubstr("tls.key_file: is encrypted, must be a key without a password")));
  }
}

TEST(AlertmanagerReader, APasswordFileHasAPassword) {
  const ScratchDirectory files;
  const auto with_file = [&files](const std::string& content) {
    return Mistakes("alertmanagers: [{url: https://a, basic_auth: {username: me, password_file: " +
                    files.Write("password", content) + "}}]");
  };
  EXPECT_THAT(with_file("s3cret\nanything\n"), IsEmpty());
  EXPECT_THAT(with_file("s3cret\r\n"), IsEmpty());
  EXPECT_THAT(with_file("\ns3cret\n"),
              ElementsAre(HasSubstr("password_file: has no password in its first line")));
  EXPECT_THAT(with_file("s3cret\t"),
              ElementsAre(HasSubstr("is a file whose first line must hold no control characters")));
  EXPECT_THAT(with_file(std::string(1'001, 'x')),
              ElementsAre(HasSubstr("is a file whose first line is too long")));
}

TEST(AlertmanagerReader, DestinationsDiffer) {
  EXPECT_THAT(
      Mistakes("alertmanagers: [{url: http://a}, {webhook: \"http://a:80/api/v2/alerts\"}]"),
      ElementsAre("f:1:34: alertmanagers[1]: has the destination of alertmanagers[0] already, must "
                  "be another one"));
}

TEST(AlertmanagerReader, ResendInterval) {
  EXPECT_THAT(Mistakes("alert_resend_interval: 999ms"),
              ElementsAre("f:1:24: alert_resend_interval: 999ms is too short, must be from 1s to "
                          "1h"));
  const ConfigResult result = ParseConfig("alert_resend_interval: 5s", "f");
  EXPECT_EQ(std::get<Config>(result).alert_resend_interval, 5s);
}

}  // namespace
}  // namespace connwatch::alertmanager_reader_test
