#include "config/tls_reader.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "config/printable.h"
#include "config/regular_file.h"
#include "config/spelling.h"
#include "core/base/ip_address.h"
#include "core/web/web_limits.h"

namespace connwatch {

namespace {

constexpr std::string_view kCertFile = "cert_file";
constexpr std::string_view kKeyFile = "key_file";
constexpr std::string_view kClientAuthType = "client_auth_type";
constexpr std::string_view kClientCaFile = "client_ca_file";
constexpr std::string_view kClientAllowedSans = "client_allowed_sans";
constexpr std::string_view kMinVersion = "min_version";
constexpr std::string_view kMaxVersion = "max_version";
constexpr std::string_view kCipherSuites = "cipher_suites";

struct NamedSuite {
  std::string_view name;
  TlsCipherSuite suite;
};

// IANA's names, as https://pkg.go.dev/crypto/tls#CipherSuites lists them.
constexpr std::array<NamedSuite, 13> kSuites = {{
    {"TLS_AES_128_GCM_SHA256", {TlsKeyExchange::kTls13, TlsCipher::kAes128Gcm}},
    {"TLS_AES_256_GCM_SHA384", {TlsKeyExchange::kTls13, TlsCipher::kAes256Gcm}},
    {"TLS_CHACHA20_POLY1305_SHA256", {TlsKeyExchange::kTls13, TlsCipher::kChacha20Poly1305}},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
     {TlsKeyExchange::kEcdheEcdsa, TlsCipher::kAes128Gcm}},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
     {TlsKeyExchange::kEcdheEcdsa, TlsCipher::kAes256Gcm}},
    {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
     {TlsKeyExchange::kEcdheEcdsa, TlsCipher::kChacha20Poly1305}},
    {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", {TlsKeyExchange::kEcdheRsa, TlsCipher::kAes128Gcm}},
    {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", {TlsKeyExchange::kEcdheRsa, TlsCipher::kAes256Gcm}},
    {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
     {TlsKeyExchange::kEcdheRsa, TlsCipher::kChacha20Poly1305}},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
     {TlsKeyExchange::kEcdheEcdsa, TlsCipher::kAes128CbcSha}},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
     {TlsKeyExchange::kEcdheEcdsa, TlsCipher::kAes256CbcSha}},
    {"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", {TlsKeyExchange::kEcdheRsa, TlsCipher::kAes128CbcSha}},
    {"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", {TlsKeyExchange::kEcdheRsa, TlsCipher::kAes256CbcSha}},
}};

ValueReader Suite(TlsCipherSuite& into) {
  std::vector<WordFor<TlsCipherSuite>> choices;
  choices.reserve(kSuites.size());
  for (const NamedSuite& suite : kSuites) choices.push_back({suite.name, suite.suite});
  return Word(into, std::move(choices));
}

ValueReader Version(TlsVersion& into) {
  const auto read = [&into](const Place& place) {
    if (place.node.text == "TLS10" || place.node.text == "TLS11") {
      return place.Reject(place.node.text + " is not supported, must be TLS12 or TLS13");
    }
    Word(into, {{"TLS12", TlsVersion::kTls12}, {"TLS13", TlsVersion::kTls13}}).read(place);
  };
  return {read, {}};
}

ValueReader Pem(PemFile& into, const std::string& folder) {
  return TextReader("the path of a PEM file", [&into, folder](const std::string& text) {
    if (text.empty()) return Result<void>(Error{0, "is empty, must be the path of a PEM file"});
    into.path = text.starts_with('/') ? text : folder + text;
    constexpr std::size_t kMaxBytes = 1 << 20;
    Result<std::string> content = ReadRegularFile(into.path, kMaxBytes);
    if (!content) return Result<void>(std::move(content).error().Within(into.path));
    into.content = std::move(content).value();
    return Result<void>();
  });
}

// Refuses inline PEM, which newer versions of the toolkit support.
ValueReader Inline(std::string_view file_key) {
  return {[file_key](const Place& place) {
            place.Reject("is not supported, must be the key " + std::string(file_key));
          },
          {}};
}

bool Requires(ClientAuth auth) {
  return auth == ClientAuth::kRequireAnyClientCert ||
         auth == ClientAuth::kRequireAndVerifyClientCert;
}

bool Verifies(ClientAuth auth) {
  return auth == ClientAuth::kVerifyClientCertIfGiven ||
         auth == ClientAuth::kRequireAndVerifyClientCert;
}

void CheckClients(const TlsSettings& tls, const Place& place) {
  if (Verifies(tls.client_auth) && !tls.client_ca) {
    return place.Find(kClientAuthType)
        ->Reject("has nothing to verify with, must come with the key client_ca_file");
  }
  if (tls.client_ca && tls.client_auth == ClientAuth::kNoClientCert) {
    return place.Find(kClientCaFile)
        ->Reject(
            "is of no use without a client_auth_type, must come with RequireAndVerifyClientCert or "
            "VerifyClientCertIfGiven");
  }
  if (!tls.client_allowed_sans.empty() && !Requires(tls.client_auth)) {
    place.Find(kClientAllowedSans)
        ->Reject(
            "cannot be checked where a client may come without a certificate, must come with "
            "client_auth_type RequireAndVerifyClientCert or RequireAnyClientCert");
  }
}

// GnuTLS enables key exchanges and ciphers separately, so it enables every combination of them.
void CheckSuites(const TlsSettings& tls, const Place& place) {
  const auto& suites = tls.cipher_suites;
  if (suites.empty()) return;
  const auto has = [&suites](auto&& matches) { return std::ranges::any_of(suites, matches); };
  for (const NamedSuite& other : kSuites) {
    if (other.suite.key_exchange == TlsKeyExchange::kTls13) continue;
    const bool is_combination =
        has([&](const TlsCipherSuite& suite) {
          return suite.key_exchange == other.suite.key_exchange;
        }) &&
        has([&](const TlsCipherSuite& suite) { return suite.cipher == other.suite.cipher; });
    if (!is_combination || std::ranges::find(suites, other.suite) != suites.end()) continue;
    return place.Find(kCipherSuites)
        ->Reject(
            "lacks " + std::string(other.name) +
            ", must have it as well: key exchanges and ciphers are enabled in every combination");
  }
  const bool can_tls13 =
      has([](const TlsCipherSuite& suite) { return suite.cipher <= TlsCipher::kChacha20Poly1305; });
  if (!can_tls13 && tls.max_version == TlsVersion::kTls13) {
    place.Find(kCipherSuites)
        ->Reject(
            "has no cipher for TLS 1.3, must have one with GCM or CHACHA20, or max_version TLS12");
  }
  const bool can_tls12 =
      has([](const TlsCipherSuite& suite) { return suite.key_exchange != TlsKeyExchange::kTls13; });
  if (!can_tls12 && tls.min_version == TlsVersion::kTls12) {
    place.Find(kCipherSuites)
        ->Reject("has no suite for TLS 1.2, must have one, or min_version TLS13");
  }
}

void CheckTls(const TlsSettings& tls, const Place& place) {
  if (tls.certificate.path.empty()) {
    return place.Reject("has no cert_file, must have the keys cert_file and key_file");
  }
  if (tls.key.path.empty()) {
    return place.Reject("has no key_file, must have the keys cert_file and key_file");
  }
  if (tls.min_version > tls.max_version) {
    const auto min = place.Find(kMinVersion);
    return (min ? *min : *place.Find(kMaxVersion))
        .Reject("min_version is above max_version, must be at most max_version");
  }
  CheckClients(tls, place);
  CheckSuites(tls, place);
}

ValueReader ClientAuthType(ClientAuth& into) {
  return Word(into, {{"NoClientCert", ClientAuth::kNoClientCert},
                     {"RequestClientCert", ClientAuth::kRequestClientCert},
                     {"RequireAnyClientCert", ClientAuth::kRequireAnyClientCert},
                     {"VerifyClientCertIfGiven", ClientAuth::kVerifyClientCertIfGiven},
                     {"RequireAndVerifyClientCert", ClientAuth::kRequireAndVerifyClientCert}});
}

// Certificates hold names of ASCII characters. An address is compared as inet_ntop(3) writes it.
Result<std::string> ParseAlternativeName(std::string_view text) {
  const auto is_good = [](char character) { return character > ' ' && character <= '~'; };
  if (text.empty()) return Error{0, "is empty, must be a name"};
  if (text.size() > kMaxAlternativeNameBytes) {
    return Error{0, "is too long, must be at most " + std::to_string(kMaxAlternativeNameBytes) +
                        " characters"};
  }
  if (!std::ranges::all_of(text, is_good)) {
    return Error{0, Quoted(text) + " must be of printable ASCII characters without spaces"};
  }
  const auto address = IpAddress::Parse(text);
  return address ? address->ToString() : std::string(text);
}

ValueReader SubjectAlternativeName(std::string& into) {
  return Text<std::string>(into, "a DNS name, an address, an e-mail address or a URI",
                           ParseAlternativeName);
}

ValueReader Curve(TlsCurve& into) {
  return Word(into, {{"X25519", TlsCurve::kX25519},
                     {"CurveP256", TlsCurve::kP256},
                     {"CurveP384", TlsCurve::kP384},
                     {"CurveP521", TlsCurve::kP521}});
}

}  // namespace

ValueReader TlsServer(std::optional<TlsSettings>& tls, const std::string& folder) {
  const auto read = [&tls, folder](const Place& place) {
    TlsSettings settings;
    PemFile client_ca;
    const ValueReader reader = Mapping(
        {{kCertFile, Pem(settings.certificate, folder)},
         {kKeyFile, Pem(settings.key, folder)},
         {kClientAuthType, ClientAuthType(settings.client_auth)},
         {kClientCaFile, Pem(client_ca, folder)},
         {kClientAllowedSans,
          List(settings.client_allowed_sans, {.min = 1, .max = 100}, SubjectAlternativeName)},
         {kMinVersion, Version(settings.min_version)},
         {kMaxVersion, Version(settings.max_version)},
         {kCipherSuites, List(settings.cipher_suites, {.min = 1, .max = kSuites.size()}, Suite)},
         {"curve_preferences", List(settings.curve_preferences, {.min = 1, .max = 4}, Curve)},
         {"prefer_server_cipher_suites",
          Word(settings.prefer_server_cipher_suites, {{"true", true}, {"false", false}})},
         {"cert", Inline(kCertFile)},
         {"key", Inline(kKeyFile)},
         {"client_ca", Inline(kClientCaFile)}},
        [&](const Place& at) {
          if (!client_ca.path.empty()) settings.client_ca = client_ca;
          CheckTls(settings, at);
        });
    reader.read(place);
    tls = std::move(settings);
  };
  return {read, {}};
}

}  // namespace connwatch
