#include "config/web_file.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "config/printable.h"
#include "config/spelling.h"
#include "config/tls_reader.h"
#include "config/value_reader.h"
#include "config/yaml_file.h"
#include "core/web/web_limits.h"

namespace connwatch {

namespace {

using namespace std::chrono_literals;

constexpr std::string_view kTlsServerConfig = "tls_server_config";
constexpr std::size_t kMaxUsers = 100;
constexpr std::size_t kMaxUserNameBytes = 255;

// The header is added when its key is read, so an absent header is not sent.
ValueReader Header(std::vector<HttpHeader>& into, std::string_view name,
                   std::vector<std::string_view> allowed = {}) {
  const auto store = [&into, name, allowed = std::move(allowed)](const std::string& text) {
    const bool is_printable = std::ranges::all_of(
        text, [](char character) { return character >= ' ' && character <= '~'; });
    if (!is_printable) return Result<void>(Error{0, "must be of printable ASCII characters"});
    if (!allowed.empty() && std::ranges::find(allowed, text) == allowed.end()) {
      return Result<void>(
          Error{0, Quoted(text) + " is unknown, must be one of: " + Joined(allowed)});
    }
    if (!text.empty()) into.push_back({std::string(name), text});
    return Result<void>();
  };
  return TextReader("a text", store);
}

// A reply needs this room for the header: "name: value" and a line end.
std::size_t BytesInReply(const HttpHeader& header) {
  constexpr std::string_view kAround = ": \r\n";
  return header.name.size() + header.value.size() + kAround.size();
}

// Reports the mistake at the longest header.
void CheckHeadersFit(const std::vector<HttpHeader>& headers, const Place& place) {
  std::size_t bytes = 0;
  for (const HttpHeader& header : headers) bytes += BytesInReply(header);
  if (bytes <= kMaxReplyHeaderBytes) return;
  place.Find(std::ranges::max_element(headers, {}, BytesInReply)->name)
      ->Reject("is too long: the headers take " + std::to_string(bytes) +
               " bytes in all, must be at most " + std::to_string(kMaxReplyHeaderBytes));
}

// The headers that the toolkit permits, and on purpose no others.
ValueReader Headers(std::vector<HttpHeader>& headers) {
  return Mapping(
      {{"Content-Security-Policy", Header(headers, "Content-Security-Policy")},
       {"X-Frame-Options", Header(headers, "X-Frame-Options", {"deny", "sameorigin"})},
       {"X-Content-Type-Options", Header(headers, "X-Content-Type-Options", {"nosniff"})},
       {"X-XSS-Protection", Header(headers, "X-XSS-Protection")},
       {"Strict-Transport-Security", Header(headers, "Strict-Transport-Security")}},
      [&headers](const Place& place) { CheckHeadersFit(headers, place); });
}

ValueReader Http2() {
  const auto read = [](const Place& place) {
    bool is_wanted = false;
    Word(is_wanted, {{"true", true}, {"false", false}}).read(place);
    if (is_wanted) place.Reject("true is not supported, must be false: this serves HTTP/1.1");
  };
  return {read, {}};
}

ValueReader HttpServerConfig(std::vector<HttpHeader>& headers) {
  return Mapping({{"http2", Http2()}, {"headers", Headers(headers)}});
}

// "$2y$10$" and 22 characters of salt, 31 of hash: crypt(5).
Result<std::string> ParseBcryptHash(std::string_view text) {
  constexpr std::string_view kBase64 =
      "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";  // in bcrypt's order
  constexpr std::size_t kLength = 60;
  constexpr std::size_t kPrefix = 7;
  // Messages do not repeat the hash, because it is a secret, and so is a password given in its
  // place.
  const Error mistake{0,
                      "is no bcrypt hash, must be one as htpasswd -nBC 10 prints it: $2y$10$..."};
  if (text.size() != kLength || text[6] != '$') return mistake;
  const std::string_view kind = text.substr(0, 4);
  if (kind != "$2a$" && kind != "$2b$" && kind != "$2y$") return mistake;
  if (text.find_first_not_of(kBase64, kPrefix) != std::string_view::npos) return mistake;
  unsigned cost = 0;
  const auto [end, failure] = std::from_chars(text.data() + 4, text.data() + 6, cost);
  if (failure != std::errc{} || end != text.data() + 6) return mistake;
  constexpr unsigned kMinCost = 4;   // the least that bcrypt permits
  constexpr unsigned kMaxCost = 14;  // a check takes about a second, which blocks the address
  if (cost < kMinCost || cost > kMaxCost) {
    return Error{0, "has cost " + std::to_string(cost) + ", must be from 4 to 14"};
  }
  // 22 characters of 6 bits are 4 bits more than the 16 bytes of salt, and 31 are 2 bits more than
  // the 23 bytes of hash. libcrypt writes these bits as 0.
  constexpr std::size_t kEndOfSalt = 28;
  constexpr std::size_t kEndOfHash = 59;
  if (kBase64.find(text[kEndOfSalt]) % 16 != 0 || kBase64.find(text[kEndOfHash]) % 4 != 0) {
    return Error{0, "is a bcrypt hash that no password has, must be copied whole"};
  }
  return std::string(text);
}

// Returns what is wrong; empty if nothing is.
std::string ProblemWithUserName(const std::string& name) {
  if (name.empty()) return "is empty, must be a name";
  if (name.size() > kMaxUserNameBytes) return "is too long, must be at most 255 bytes";
  // RFC 7617 section 2
  if (name.find(':') != std::string::npos)
    return "has a colon, which basic authentication cannot send, must have none";
  if (HasControlCharacter(name)) {
    return "has a control character, which basic authentication cannot send, must have none";
  }
  return {};
}

ValueReader Users(std::vector<BasicAuthUser>& users) {
  const auto read = [&users](const Place& place) {
    if (place.node.kind != YamlNode::Kind::kMapping && !place.HasNothing()) {
      return place.Reject("must be a mapping from user names to bcrypt hashes");
    }
    if (place.node.children.empty()) {
      return place.Reject("has no user, must have one or be left out (then everybody can read)");
    }
    if (place.node.children.size() > kMaxUsers) {
      return place.Reject("has " + std::to_string(place.node.children.size()) +
                          " users, must be at most 100");
    }
    for (const YamlNode& value : place.node.children) {
      const std::string key_path = place.key_path + "." + Clipped(value.key);
      std::string problem = ProblemWithUserName(value.key);
      if (std::ranges::find(users, value.key, &BasicAuthUser::name) != users.end()) {
        problem = "duplicate user, must be given once";
      }
      if (!problem.empty()) {
        place.errors.Add(value.key_position, key_path, problem);
        continue;
      }
      users.push_back({value.key, {}});
      Text(users.back().bcrypt_hash, "a bcrypt hash", ParseBcryptHash)
          .read({value, key_path, place.errors});
    }
  };
  return {read, {}};
}

// The toolkit's own example writes "no limit" as a 0 without a unit.
ValueReader Interval(std::chrono::milliseconds& into) {
  const auto read = [&into](const Place& place) {
    if (place.node.kind == YamlNode::Kind::kScalar && place.node.text == "0") {
      into = 0ms;
    } else {
      Duration(into, {.min = 0us, .max = 1h}).read(place);
    }
  };
  return {read, {}};
}

ValueReader Rate(RateLimit& limit) {
  return Mapping({{"interval", Interval(limit.interval)},
                  {"burst", Number(limit.burst, {.min = 0, .max = 1'000'000})}},
                 [&limit](const Place& place) {
                   if (limit.interval == 0ms || limit.burst > 0) return;
                   const auto burst = place.Find("burst");
                   (burst ? *burst : place)
                       .Reject("permits no request at all, must have a burst of at least 1");
                 });
}

ValueReader Schema(WebAccess& access, const std::string& folder, const WebCheck& check) {
  return Mapping({{kTlsServerConfig, TlsServer(access.tls, folder)},
                  {"http_server_config", HttpServerConfig(access.headers)},
                  {"basic_auth_users", Users(access.users)},
                  {"rate_limit", Rate(access.rate_limit)}},
                 [&access, &check](const Place& place) {
                   if (!check) return;
                   const Result<void> usable = check(access);
                   if (usable) return;
                   const auto tls = place.Find(kTlsServerConfig);
                   (tls ? *tls : place).Reject(usable.error().context);
                 });
}

}  // namespace

WebFileResult LoadWebFile(const std::string& path, const WebCheck& check) {
  const Result<std::string> text = ReadConfigText(path);
  if (!text) return FileMistake(path, text.error().context);
  return ParseWebFile(*text, path, check);
}

WebFileResult ParseWebFile(std::string_view text, const std::string& path, const WebCheck& check) {
  // Whoever comments everything out wants no protection. A file without a comment may have lost its
  // content, for example on a full disk.
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    return FileMistake(path, "is empty, must have a key, or a comment if there is no protection");
  }
  WebAccess access;
  const std::string folder = path.substr(0, path.rfind('/') + 1);
  std::vector<ConfigError> errors = ReadYaml(text, path, Schema(access, folder, check));
  if (!errors.empty()) return errors;
  return access;
}

}  // namespace connwatch
