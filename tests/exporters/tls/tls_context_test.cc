// What is refused when a server's TLS settings are loaded, and why.
#include "exporters/tls/tls_context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/loopback_client.h"

namespace connwatch::tls_context_test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

constexpr TlsCipherSuite kRsaSuite{TlsKeyExchange::kEcdheRsa, TlsCipher::kAes128Gcm};
constexpr TlsCipherSuite kEcdsaSuite{TlsKeyExchange::kEcdheEcdsa, TlsCipher::kAes128Gcm};

TlsSettings SettingsWith(const SelfSignedCertificate& made) {
  TlsSettings settings;
  settings.certificate = {"a.crt", made.certificate};
  settings.key = {"a.key", made.key};
  return settings;
}

// The mistake; empty if there is none.
std::string MistakeIn(const TlsSettings& settings) {
  const auto context = TlsContext::Create(settings);
  return context ? "" : context.error().context;
}

TEST(TlsContext, TakesEveryKindOfKey) {
  EXPECT_EQ(MistakeIn(SettingsWith(MakeSelfSignedCertificate())), "");
  EXPECT_EQ(MistakeIn(SettingsWith(MakeSelfSignedCertificate(GNUTLS_PK_RSA, 1'024))), "");
  EXPECT_EQ(MistakeIn(SettingsWith(MakeSelfSignedCertificate(GNUTLS_PK_EDDSA_ED25519, 256))), "");
}

TEST(TlsContext, AShortKeyIsRefused) {
  EXPECT_EQ(MistakeIn(SettingsWith(MakeSelfSignedCertificate(GNUTLS_PK_RSA, 512))),
            "cert_file a.crt: certificate 1 has a key of 512 bits (RSA), must have at least 1024");
}

TEST(TlsContext, AShortKeyOfAClientAuthorityIsRefused) {
  TlsSettings settings = SettingsWith(MakeSelfSignedCertificate());
  settings.client_auth = ClientAuth::kRequireAndVerifyClientCert;
  settings.client_ca = {"ca.crt", MakeSelfSignedCertificate().certificate};
  EXPECT_EQ(MistakeIn(settings), "") << "the trial needs no certificate of a client";
  settings.client_ca->content += MakeSelfSignedCertificate(GNUTLS_PK_RSA, 512).certificate;
  EXPECT_EQ(MistakeIn(settings),
            "client_ca_file ca.crt: certificate 2 has a key of 512 bits (RSA), must have at least "
            "1024");
  settings.client_ca->content = "x";
  EXPECT_THAT(MistakeIn(settings),
              StartsWith("client_ca_file ca.crt has no certificate, must have one in PEM"));
}

TEST(TlsContext, TheKeyMustBeThatOfTheCertificate) {
  TlsSettings settings = SettingsWith(MakeSelfSignedCertificate());
  settings.key.content = MakeSelfSignedCertificate().key;
  EXPECT_THAT(MistakeIn(settings), StartsWith("cert_file a.crt and key_file a.key are no pair, "
                                              "must be a certificate and its key in PEM: "));
  settings.key.content.clear();
  EXPECT_THAT(MistakeIn(settings), StartsWith("cert_file a.crt and key_file a.key are no pair, "
                                              "must be a certificate and its key in PEM: "));
}

TEST(TlsContext, SuitesThatDoNotFitTheKeyAreRefused) {
  const auto for_tls12 =
      AllOf(StartsWith("no client can connect with TLS 1.2 ("),
            HasSubstr("), must have cipher suites and curves for the key of cert_file a.crt"));
  TlsSettings settings = SettingsWith(MakeSelfSignedCertificate());
  settings.cipher_suites = {kRsaSuite};
  EXPECT_THAT(MistakeIn(settings), for_tls12);
  settings.max_version = TlsVersion::kTls12;
  EXPECT_THAT(MistakeIn(settings), for_tls12);
  settings.cipher_suites.push_back(kEcdsaSuite);
  EXPECT_EQ(MistakeIn(settings), "");
  settings = SettingsWith(MakeSelfSignedCertificate(GNUTLS_PK_RSA, 1'024));
  settings.cipher_suites = {kEcdsaSuite};
  EXPECT_THAT(MistakeIn(settings), for_tls12);
  settings.min_version = TlsVersion::kTls13;
  EXPECT_EQ(MistakeIn(settings), "") << "TLS 1.3 does not name the kind of key in its suites";
}

TEST(TlsContext, AnyOneCurveIsEnoughForAnRsaKey) {
  TlsSettings settings = SettingsWith(MakeSelfSignedCertificate(GNUTLS_PK_RSA, 1'024));
  for (const TlsCurve curve :
       {TlsCurve::kX25519, TlsCurve::kP256, TlsCurve::kP384, TlsCurve::kP521}) {
    settings.curve_preferences = {curve};
    EXPECT_EQ(MistakeIn(settings), "");
  }
}

}  // namespace
}  // namespace connwatch::tls_context_test
