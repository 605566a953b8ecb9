#include "config/alertmanager_reader.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "config/http_url.h"
#include "config/json_check.h"
#include "config/printable.h"
#include "config/regular_file.h"
#include "config/template_check.h"

namespace connwatch {

namespace {

using namespace std::chrono_literals;

constexpr std::string_view kUrl = "url";
constexpr std::string_view kWebhook = "webhook";
constexpr std::string_view kBody = "body";
constexpr std::string_view kTls = "tls";
constexpr std::string_view kPassword = "password";
constexpr std::string_view kPasswordFile = "password_file";
constexpr std::string_view kTlsCertFile = "cert_file";
constexpr std::string_view kTlsKeyFile = "key_file";
constexpr std::string_view kApiPath = "/api/v2/alerts";

// A receiver while it is read.
struct ReceiverDraft {
  AlertReceiver receiver;
  BasicAuth basic_auth;
  std::optional<HttpUrl> url;
};

// Parses a URL to whose end the path of the API is added.
Result<HttpUrl> ParseBaseUrl(std::string_view text) {
  Result<HttpUrl> url = ParseHttpUrl(text);
  if (!url) return url;
  if (url->has_query()) return Mistake("has a query (?), must have none; only webhook takes one");
  url->path.resize(url->path.find_last_not_of('/') + 1);
  if (url->path.ends_with(kApiPath)) {
    return Mistake("ends in " + std::string(kApiPath) + ", must end before it: the daemon adds it");
  }
  url->path += kApiPath;
  return url;
}

// Messages do not repeat the value, because it may be a secret.
Result<std::string> ParseCredential(std::string_view text) {
  constexpr std::size_t kMaxBytes = 1'000;
  if (text.size() > kMaxBytes) return Mistake("is too long, must be at most 1000 bytes");
  if (HasControlCharacter(text)) return Mistake("must hold no control characters");
  return std::string(text);
}

Result<std::string> ParseUsername(std::string_view text) {
  if (text.empty()) return Mistake("is empty, must be a name");
  // RFC 7617: the user name is what is before the first colon.
  if (text.find(':') != std::string_view::npos) return Mistake("must hold no colon");
  return ParseCredential(text);
}

Result<void> CheckPasswordFile(const std::string& content) {
  const std::string password = PasswordIn(content);
  if (password.empty()) return Mistake("has no password in its first line");
  if (const auto parsed = ParseCredential(password); !parsed) {
    return Mistake("is a file whose first line " + parsed.error().context);
  }
  return {};
}

// libcurl parses PEM files when it sends. Here it is only seen that they are such files.
Result<void> CheckPem(const std::string& content, std::string_view end_of_label) {
  if (content.find(end_of_label) != std::string::npos) return {};
  return Mistake("is no PEM file, must have a line \"-----BEGIN ... " + std::string(end_of_label) +
                 "\"");
}

Result<void> CheckCertificates(const std::string& content) {
  return CheckPem(content, "CERTIFICATE-----");
}

Result<void> CheckKey(const std::string& content) {
  if (content.find("ENCRYPTED") != std::string::npos) {
    return Mistake("is encrypted, must be a key without a password");
  }
  return CheckPem(content, "PRIVATE KEY-----");
}

// The values of the words are escaped for JSON strings. "x" stands for them, because outside of a
// string and behind a backslash it is a mistake.
Result<std::string> ParseBody(std::string_view text) {
  constexpr std::size_t kMaxBytes = 4'000;
  if (text.size() > kMaxBytes) return Mistake("is too long, must be at most 4000 bytes");
  if (const auto checked = CheckTemplate(text, kWebhookWords); !checked) return checked.error();
  const std::string filled = FillTemplate(
      text, [](std::string_view) { return "x"; }, kWebhookWords);
  const std::optional<std::size_t> mistake = FindJsonMistake(filled);
  if (!mistake) return std::string(text);
  const std::string rest = filled.substr(*mistake);
  return Mistake("is not JSON, with x for each word, " +
                 (rest.empty() ? "because it ends too early" : "from " + Quoted(rest) + " on") +
                 R"(, must be such as '{"text": "{{summary}}"}')");
}

// The file is read again for every request. It is also read here, so that a mistake is found before
// the first alert.
ValueReader File(std::string& into, Result<void> (*check)(const std::string& content)) {
  return TextReader("the path of a file", [&into, check](const std::string& path) -> Result<void> {
    if (!path.starts_with('/')) return Mistake("is not a full path, must begin with /");
    const Result<std::string> content = ReadRegularFile(path, kMaxReceiverFileBytes);
    if (!content) return content.error();
    if (content->empty()) return Mistake("is an empty file");
    into = path;
    return check(*content);
  });
}

ValueReader Url(ReceiverDraft& draft, Result<HttpUrl> (*parse)(std::string_view)) {
  return TextReader("a URL", [&draft, parse](const std::string& text) -> Result<void> {
    const Result<HttpUrl> url = parse(text);
    if (!url) return url.error();
    draft.url = *url;
    return {};
  });
}

void CheckBasicAuth(ReceiverDraft& draft, const Place& place) {
  if (draft.basic_auth.username.empty()) {
    return place.Reject("has no username, must have the key username");
  }
  const bool has_password = place.Find(kPassword).has_value();
  const auto file = place.Find(kPasswordFile);
  if (!has_password && !file) {
    return place.Reject("has no password, must have one of the keys password, password_file");
  }
  if (has_password && file)
    return file->Reject("is given together with password, must be only one of them");
  draft.receiver.basic_auth = draft.basic_auth;
}

ValueReader Auth(ReceiverDraft& draft) {
  return Mapping({{"username", Text(draft.basic_auth.username, "a name", ParseUsername)},
                  {kPassword, Text(draft.basic_auth.password, "a text", ParseCredential)},
                  {kPasswordFile, File(draft.basic_auth.password_file, CheckPasswordFile)}},
                 [&draft](const Place& place) { CheckBasicAuth(draft, place); });
}

void CheckCertificate(const TlsOptions& tls, const Place& place) {
  if (tls.cert_file.empty() == tls.key_file.empty()) return;
  const bool has_key = tls.cert_file.empty();
  place.Find(has_key ? kTlsKeyFile : kTlsCertFile)
      ->Reject("goes with " + std::string(has_key ? kTlsCertFile : kTlsKeyFile) +
               ", which is missing");
}

ValueReader Tls(TlsOptions& tls) {
  return Mapping({{"ca_file", File(tls.ca_file, CheckCertificates)},
                  {kTlsCertFile, File(tls.cert_file, CheckCertificates)},
                  {kTlsKeyFile, File(tls.key_file, CheckKey)},
                  {"server_name", Text(tls.server_name, "the name of a host", ParseHostName)},
                  {"insecure_skip_verify",
                   Word(tls.insecure_skip_verify, {{"false", false}, {"true", true}})}},
                 [&tls](const Place& place) { CheckCertificate(tls, place); });
}

void CheckReceiver(ReceiverDraft& draft, const Place& place) {
  const auto webhook = place.Find(kWebhook);
  if (webhook && place.Find(kUrl)) {
    return webhook->Reject("is given together with url, must be only one of them");
  }
  if (!draft.url) return place.Reject("has no destination, must have one of the keys url, webhook");
  if (webhook) draft.receiver.kind = ReceiverKind::kWebhook;
  if (const auto body = place.Find(kBody); body && !webhook) {
    body->Reject("is only for a webhook: an Alertmanager has templates of its own");
  }
  draft.receiver.url = draft.url->ToString();
  draft.receiver.name = draft.url->authority;
  if (const auto tls = place.Find(kTls); tls && !draft.url->is_https) {
    tls->Reject("is only for https, must come with a URL that begins with https://");
  }
}

void ReadReceiver(AlertReceiver& into, const Place& place) {
  ReceiverDraft draft;
  AlertReceiver& receiver = draft.receiver;
  const ValueReader reader =
      Mapping({{kUrl, Url(draft, ParseBaseUrl)},
               {kWebhook, Url(draft, ParseHttpUrl)},
               {kBody, Text(receiver.body, "a text of JSON", ParseBody)},
               {"timeout", Duration(receiver.timeout, {.min = 100ms, .max = 1min})},
               {"basic_auth", Auth(draft)},
               {kTls, Tls(receiver.tls)}},
              [&draft](const Place& at) { CheckReceiver(draft, at); });
  reader.read(place);
  into = std::move(receiver);
}

void CheckUrlsDiffer(const std::vector<AlertReceiver>& receivers, const Place& place) {
  for (auto it = receivers.begin(); it != receivers.end(); ++it) {
    const auto first = std::ranges::find(receivers, it->url, &AlertReceiver::url);
    if (first == it) continue;
    place.Item(static_cast<std::size_t>(it - receivers.begin()))
        .Reject("has the destination of alertmanagers[" +
                std::to_string(first - receivers.begin()) + "] already, must be another one");
  }
}

}  // namespace

ValueReader Alertmanagers(std::vector<AlertReceiver>& receivers) {
  const auto read = [&receivers](const Place& place) {
    receivers.assign(place.node.children.size(), {});
    for (std::size_t i = 0; i < receivers.size(); ++i) ReadReceiver(receivers[i], place.Item(i));
  };
  return SequenceReader({.min = 0, .max = kMaxAlertReceivers}, read,
                        [&receivers](const Place& place) { CheckUrlsDiffer(receivers, place); });
}

}  // namespace connwatch
