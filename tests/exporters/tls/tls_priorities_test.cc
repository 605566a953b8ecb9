#include "exporters/tls/tls_priorities.h"

#include <gnutls/gnutls.h>
#include <gtest/gtest.h>

#include <set>

namespace connwatch::tls_priorities_test {
namespace {

using Suites = std::set<std::string>;

// What GnuTLS makes of the string: its suites by IANA's names as far as it knows them.
Suites SuitesOf(const TlsSettings& settings) {
  gnutls_priority_t priorities = nullptr;
  EXPECT_EQ(gnutls_priority_init(&priorities, TlsPriorities(settings).c_str(), nullptr), 0);
  Suites names;
  unsigned index = 0;
  for (unsigned i = 0;; ++i) {
    const int result = gnutls_priority_get_cipher_suite_index(priorities, i, &index);
    if (result == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE) break;
    if (result == GNUTLS_E_UNKNOWN_CIPHER_SUITE) continue;
    gnutls_protocol_t min_version = GNUTLS_TLS1_2;
    names.insert(gnutls_cipher_suite_info(index, nullptr, nullptr, nullptr, nullptr, &min_version));
  }
  gnutls_priority_deinit(priorities);
  return names;
}

TEST(TlsPrioritiesTest, VersionsFromMinToMax) {
  EXPECT_EQ(TlsPriorities({}), "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:%SERVER_PRECEDENCE");
  TlsSettings settings;
  settings.min_version = TlsVersion::kTls13;
  settings.prefer_server_cipher_suites = false;
  EXPECT_EQ(TlsPriorities(settings), "NORMAL:-VERS-ALL:+VERS-TLS1.3");
  settings.min_version = TlsVersion::kTls12;
  settings.max_version = TlsVersion::kTls12;
  EXPECT_EQ(TlsPriorities(settings), "NORMAL:-VERS-ALL:+VERS-TLS1.2");
}

TEST(TlsPrioritiesTest, OnlyTheSuitesAskedFor) {
  TlsSettings settings;
  settings.cipher_suites = {{TlsKeyExchange::kEcdheRsa, TlsCipher::kAes128Gcm},
                            {TlsKeyExchange::kEcdheRsa, TlsCipher::kAes256CbcSha}};
  EXPECT_EQ(SuitesOf(settings),
            (Suites{"TLS_AES_128_GCM_SHA256",  // of TLS 1.3
                    "TLS_ECDHE_RSA_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_AES_256_CBC_SHA1"}));
}

TEST(TlsPrioritiesTest, EveryAlgorithmIsKnownToGnuTls) {
  TlsSettings settings;
  for (const auto cipher :
       {TlsCipher::kAes128Gcm, TlsCipher::kAes256Gcm, TlsCipher::kChacha20Poly1305,
        TlsCipher::kAes128CbcSha, TlsCipher::kAes256CbcSha}) {
    for (const auto key_exchange : {TlsKeyExchange::kEcdheEcdsa, TlsKeyExchange::kEcdheRsa}) {
      settings.cipher_suites.push_back({key_exchange, cipher});
    }
  }
  settings.curve_preferences = {TlsCurve::kX25519, TlsCurve::kP256, TlsCurve::kP384,
                                TlsCurve::kP521};
  EXPECT_EQ(SuitesOf(settings).size(), 13U);
}

}  // namespace
}  // namespace connwatch::tls_priorities_test
