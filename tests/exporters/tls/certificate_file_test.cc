#include "exporters/tls/certificate_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "tests/support/loopback_client.h"

namespace connwatch::certificate_file_test {
namespace {

using namespace std::chrono_literals;
using testing::MatchesRegex;

std::string RsaCertificate(unsigned bits) {
  return MakeSelfSignedCertificate(GNUTLS_PK_RSA, bits).certificate;
}

TEST(CertificateFile, AKeyThatIsTooShortIsAProblem) {
  EXPECT_EQ(ProblemWithKeys(RsaCertificate(512)),
            "certificate 1 has a key of 512 bits (RSA), must have at least 1024");
  EXPECT_EQ(ProblemWithKeys(RsaCertificate(1'016)),
            "certificate 1 has a key of 1016 bits (RSA), must have at least 1024");
  EXPECT_EQ(ProblemWithKeys(RsaCertificate(1'024)), "");
}

TEST(CertificateFile, EllipticCurvesAreLongEnough) {
  for (const auto curve :
       {GNUTLS_ECC_CURVE_SECP256R1, GNUTLS_ECC_CURVE_SECP384R1, GNUTLS_ECC_CURVE_SECP521R1}) {
    const auto made = MakeSelfSignedCertificate(GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(curve));
    EXPECT_EQ(ProblemWithKeys(made.certificate), "");
  }
  EXPECT_EQ(ProblemWithKeys(MakeSelfSignedCertificate(GNUTLS_PK_EDDSA_ED25519, 256).certificate),
            "");
}

TEST(CertificateFile, EveryCertificateOfTheFileCounts) {
  const std::string good = MakeSelfSignedCertificate().certificate;
  EXPECT_EQ(ProblemWithKeys(good + good), "");
  EXPECT_EQ(ProblemWithKeys(good + RsaCertificate(768) + good),
            "certificate 2 has a key of 768 bits (RSA), must have at least 1024");
}

TEST(CertificateFile, WhatIsNoCertificateIsAnotherMatter) {
  for (const char* text :
       {"", "x", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}) {
    EXPECT_EQ(ProblemWithKeys(text), "");
    EXPECT_EQ(ProblemWithValidity(text, WallTime()), "");
  }
}

TEST(CertificateFile, ValidityHasABeginningAndAnEnd) {
  const WallTime now = std::chrono::system_clock::now();
  const std::string certificate = MakeSelfSignedCertificate().certificate;
  const std::string time = "[0-9]+-[0-9]+-[0-9]+T[0-9]+:[0-9]+:[0-9]+Z";
  EXPECT_EQ(ProblemWithValidity(certificate, now), "");
  EXPECT_THAT(ProblemWithValidity(certificate, now - 48h),
              MatchesRegex("is not valid before " + time));
  EXPECT_THAT(ProblemWithValidity(certificate, now + 48h), MatchesRegex("expired at " + time));
}

}  // namespace
}  // namespace connwatch::certificate_file_test
