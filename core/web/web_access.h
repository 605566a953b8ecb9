// Who may use the HTTP server, and how: what --web.config.file says, as plain values. Made by
// config/, used by exporters/.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace connwatch {

enum class TlsVersion : std::uint8_t { kTls12, kTls13 };

/// Which client certificates are needed. The names are those of Go's crypto/tls.
enum class ClientAuth : std::uint8_t {
  kNoClientCert,
  kRequestClientCert,        // the client is asked for one, but any certificate or none is good
  kRequireAnyClientCert,     // the client must send one, issued by anybody
  kVerifyClientCertIfGiven,  // the client need not send one, but if it does, it must be valid
  kRequireAndVerifyClientCert
};

enum class TlsKeyExchange : std::uint8_t { kTls13, kEcdheEcdsa, kEcdheRsa };
enum class TlsCipher : std::uint8_t {
  kAes128Gcm,
  kAes256Gcm,
  kChacha20Poly1305,
  kAes128CbcSha,
  kAes256CbcSha
};

struct TlsCipherSuite {
  TlsKeyExchange key_exchange = TlsKeyExchange::kTls13;
  TlsCipher cipher = TlsCipher::kAes128Gcm;

  bool operator==(const TlsCipherSuite&) const = default;
};

enum class TlsCurve : std::uint8_t { kX25519, kP256, kP384, kP521 };

struct PemFile {
  std::string path;  // for messages
  std::string content;

  bool operator==(const PemFile&) const = default;
};

struct TlsSettings {
  PemFile certificate;  // the chain, the server's own first
  PemFile key;
  ClientAuth client_auth = ClientAuth::kNoClientCert;
  std::optional<PemFile> client_ca;  // present if client_auth verifies certificates
  /// The client's certificate must have one of these as a subject alternative name; empty: any name
  /// is good. Empty unless a certificate is required.
  std::vector<std::string> client_allowed_sans;
  TlsVersion min_version = TlsVersion::kTls12;
  TlsVersion max_version = TlsVersion::kTls13;  // not below min_version
  std::vector<TlsCipherSuite> cipher_suites;    // empty: GnuTLS's own choice
  std::vector<TlsCurve> curve_preferences;      // empty: GnuTLS's own choice
  bool prefer_server_cipher_suites = true;

  bool operator==(const TlsSettings&) const = default;
};

struct HttpHeader {
  std::string name;
  std::string value;

  bool operator==(const HttpHeader&) const = default;
};

struct BasicAuthUser {
  std::string name;
  std::string bcrypt_hash;  // "$2y$10$" and 53 characters

  bool operator==(const BasicAuthUser&) const = default;
};

/// A token bucket. An interval of 0 means no limit.
struct RateLimit {
  std::chrono::milliseconds interval{0};  // one request is permitted per interval; up to 1 h
  unsigned burst = 0;                     // requests at once; 1 to 1,000,000 if there is a limit

  bool operator==(const RateLimit&) const = default;
};

struct WebAccess {
  std::optional<TlsSettings> tls;    // absent: plain HTTP
  std::vector<HttpHeader> headers;   // on every reply
  std::vector<BasicAuthUser> users;  // empty: no authentication; each name once
  RateLimit rate_limit;

  bool operator==(const WebAccess&) const = default;
};

}  // namespace connwatch
