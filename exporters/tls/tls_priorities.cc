#include "exporters/tls/tls_priorities.h"

#include <algorithm>
#include <string_view>

namespace connwatch {

namespace {

// Adds the algorithm if it is not there yet.
void Add(std::string& priorities, std::string_view algorithm) {
  const std::string item = ":+" + std::string(algorithm);
  const std::size_t found = (priorities + ":").find(item + ":");
  if (found == std::string::npos) priorities += item;
}

void AddCipher(std::string& priorities, TlsCipher cipher) {
  switch (cipher) {
    case TlsCipher::kAes128Gcm:
      return Add(priorities, "AES-128-GCM");
    case TlsCipher::kAes256Gcm:
      return Add(priorities, "AES-256-GCM");
    case TlsCipher::kChacha20Poly1305:
      return Add(priorities, "CHACHA20-POLY1305");
    case TlsCipher::kAes128CbcSha:
      return Add(priorities, "AES-128-CBC");
    case TlsCipher::kAes256CbcSha:
      return Add(priorities, "AES-256-CBC");
  }
}

void AddKeyExchange(std::string& priorities, TlsKeyExchange key_exchange) {
  switch (key_exchange) {
    case TlsKeyExchange::kTls13:  // TLS 1.3 needs none here
      return;
    case TlsKeyExchange::kEcdheEcdsa:
      return Add(priorities, "ECDHE-ECDSA");
    case TlsKeyExchange::kEcdheRsa:
      return Add(priorities, "ECDHE-RSA");
  }
}

std::string_view Name(TlsCurve curve) {
  switch (curve) {
    case TlsCurve::kX25519:
      return "GROUP-X25519";
    case TlsCurve::kP256:
      return "GROUP-SECP256R1";
    case TlsCurve::kP384:
      return "GROUP-SECP384R1";
    case TlsCurve::kP521:
      return "GROUP-SECP521R1";
  }
  return {};
}

bool HasCbc(const TlsSettings& settings) {
  return std::ranges::any_of(settings.cipher_suites, [](const TlsCipherSuite& suite) {
    return suite.cipher == TlsCipher::kAes128CbcSha || suite.cipher == TlsCipher::kAes256CbcSha;
  });
}

}  // namespace

std::string TlsPriorities(const TlsSettings& settings) {
  std::string priorities = "NORMAL:-VERS-ALL";
  if (settings.max_version == TlsVersion::kTls13) Add(priorities, "VERS-TLS1.3");
  if (settings.min_version == TlsVersion::kTls12) Add(priorities, "VERS-TLS1.2");
  if (!settings.cipher_suites.empty()) {
    priorities += ":-CIPHER-ALL:-KX-ALL:-MAC-ALL";
    for (const TlsCipherSuite& suite : settings.cipher_suites) AddCipher(priorities, suite.cipher);
    for (const TlsCipherSuite& suite : settings.cipher_suites) {
      AddKeyExchange(priorities, suite.key_exchange);
    }
    Add(priorities, "AEAD");
    if (HasCbc(settings)) Add(priorities, "SHA1");
  }
  if (!settings.curve_preferences.empty()) {
    priorities += ":-GROUP-ALL";
    for (const TlsCurve curve : settings.curve_preferences) Add(priorities, Name(curve));
  }
  if (settings.prefer_server_cipher_suites) priorities += ":%SERVER_PRECEDENCE";
  return priorities;
}

}  // namespace connwatch
