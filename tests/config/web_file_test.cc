// Each mistake as a person reads it.
#include "config/web_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "core/web/web_limits.h"
#include "tests/support/scratch_directory.h"
#include "tests/support/text_files.h"

namespace connwatch::web_file_test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

constexpr const char* kHash = "$2y$10$X0h1gDsPszWURQaxFh.zoubFi6DXncSjhoQNJgRrnGs7EsimhC7zG";

class WebFileTest : public testing::Test {
 protected:
  WebFileTest() {
    folder_.Write("a.crt", "the certificate");
    folder_.Write("a.key", "the key");
    folder_.Write("ca.crt", "the CA");
  }

  WebAccess Accepted(const std::string& text) {
    const WebFileResult result = ParseWebFile(text, folder_.PathTo("web.yml"));
    const auto* errors = std::get_if<std::vector<ConfigError>>(&result);
    EXPECT_EQ(errors, nullptr) << Joined(*errors);
    return errors == nullptr ? std::get<WebAccess>(result) : WebAccess{};
  }

  // The only mistake in `text`, with the folder left out.
  std::string Rejected(const std::string& text) {
    const WebFileResult result = ParseWebFile(text, folder_.PathTo("web.yml"));
    const auto* errors = std::get_if<std::vector<ConfigError>>(&result);
    if (errors == nullptr) return "accepted";
    std::string all = Joined(*errors);
    const std::string folder = folder_.path() + "/";
    for (std::size_t at = 0; (at = all.find(folder)) != std::string::npos;) {
      all.erase(at, folder.size());
    }
    return all;
  }

  // With certificate and key, and `more` after them.
  TlsSettings Tls(const std::string& more) { return *Accepted(TlsText(more)).tls; }
  std::string RejectedTls(const std::string& more) {
    const std::string mistake = Rejected(TlsText(more));
    return mistake.substr(std::min(mistake.find(": ") + 2, mistake.size()));
  }
  static std::string TlsText(const std::string& more) {
    return "tls_server_config: {cert_file: a.crt, key_file: a.key" +
           (more.empty() ? "" : ", " + more) + "}";
  }

  ScratchDirectory folder_;
};

TEST_F(WebFileTest, TheToolkitsOwnExample) {
  const WebAccess access = Accepted(
      "tls_server_config:\n  cert_file: a.crt\n  key_file: a.key\n"
      "basic_auth_users:\n  alice: " +
      std::string(kHash) + "\n  bob: " + kHash +
      "\nrate_limit:\n  interval: \"1s\"\n  burst: 20\n");
  ASSERT_TRUE(access.tls);
  EXPECT_EQ(access.tls->certificate.content, "the certificate");
  EXPECT_EQ(access.tls->certificate.path, folder_.PathTo("a.crt"));
  EXPECT_EQ(access.tls->key.content, "the key");
  EXPECT_EQ(access.tls->min_version, TlsVersion::kTls12);
  EXPECT_THAT(access.users,
              ElementsAre(BasicAuthUser{"alice", kHash}, BasicAuthUser{"bob", kHash}));
  EXPECT_EQ(access.rate_limit, (RateLimit{1s, 20}));
}

TEST_F(WebFileTest, AFileIsReadAndItsFolderIsTheStart) {
  const std::string path =
      folder_.Write("web.yml", "tls_server_config: {cert_file: " + folder_.PathTo("a.crt") +
                                   ", key_file: a.key}");
  EXPECT_TRUE(std::holds_alternative<WebAccess>(LoadWebFile(path)));
  const WebFileResult missing = LoadWebFile(folder_.PathTo("none.yml"));
  EXPECT_THAT(Joined(std::get<std::vector<ConfigError>>(missing)),
              HasSubstr("none.yml: cannot be opened: No such file"));
}

TEST_F(WebFileTest, TheInstalledOneChangesNothing) {
  EXPECT_EQ(Accepted(ReadSourceFile("config/web.yml")), WebAccess{});
}

TEST_F(WebFileTest, AllThatIsCommentedOutIsNotGiven) {
  EXPECT_EQ(Accepted("# basic_auth_users:\n#   alice: secret\n"), WebAccess{});
  EXPECT_EQ(Accepted("http_server_config:\n#  http2: false\nrate_limit:\n#  burst: 1\n"),
            WebAccess{});
  EXPECT_EQ(Accepted("http_server_config:\n  headers:\n#    X-Frame-Options: deny\n"), WebAccess{});
}

// Nobody knows whether that was meant.
TEST_F(WebFileTest, ProtectionDoesNotEndBecauseNothingIsLeftOfIt) {
  for (const std::string text : {"", "\n", " \t\r\n"}) {
    EXPECT_EQ(Rejected(text),
              "web.yml: is empty, must have a key, or a comment if there is no protection");
  }
  EXPECT_EQ(Rejected("basic_auth_users:\n#  alice: secret\n"),
            "web.yml:1:1: basic_auth_users: has no user, must have one or be left out (then "
            "everybody can read)");
  EXPECT_EQ(Rejected("tls_server_config:\n#  cert_file: a.crt\n"),
            "web.yml:1:1: tls_server_config: has no cert_file, must have the keys cert_file and "
            "key_file");
  EXPECT_THAT(RejectedTls("client_allowed_sans: "),
              HasSubstr("client_allowed_sans: has no value, must be a list with from 1 to 100"));
}

TEST_F(WebFileTest, UnknownIsRefused) {
  EXPECT_THAT(Rejected("tls_config: {}"),
              HasSubstr("web.yml:1:1: tls_config: unknown key, known keys: "
                        "tls_server_config"));
  EXPECT_THAT(Rejected("tls_server_config: {cert_fil: a}"),
              HasSubstr("web.yml:1:21: tls_server_config.cert_fil: unknown key, did you mean "
                        "\"cert_file\"?"));
}

TEST_F(WebFileTest, APemFileOfMoreThanAMebibyteIsRefused) {
  constexpr std::size_t kMost = std::size_t{1} << 20U;
  folder_.Write("a.crt", std::string(kMost, 'x'));
  EXPECT_EQ(Tls("").certificate.content.size(), kMost);
  folder_.Write("a.crt", std::string(kMost + 1, 'x'));
  EXPECT_THAT(RejectedTls(""), HasSubstr("a.crt: is too large, must be at most 1048576 bytes"));
}

TEST_F(WebFileTest, CertificateAndKeyAreNeeded) {
  EXPECT_EQ(Rejected("tls_server_config: {key_file: a.key}"),
            "web.yml:1:20: tls_server_config: has no cert_file, must have the keys cert_file and "
            "key_file");
  EXPECT_THAT(Rejected("tls_server_config: {cert_file: a.crt}"), HasSubstr("has no key_file"));
  EXPECT_THAT(Rejected("tls_server_config: {}"), HasSubstr("has no cert_file"));
  EXPECT_EQ(Rejected("tls_server_config: {cert_file: none.crt, key_file: a.key}"),
            "web.yml:1:32: tls_server_config.cert_file: none.crt: cannot be opened: No such file "
            "or directory");
  EXPECT_THAT(Rejected("tls_server_config: {cert_file: \"\", key_file: a.key}"),
              HasSubstr("is empty, must be the path of a PEM file"));
}

TEST_F(WebFileTest, InlinePemIsRefusedByName) {
  EXPECT_THAT(RejectedTls("cert: x"),
              HasSubstr("tls_server_config.cert: is not supported, must be the key cert_file"));
  EXPECT_THAT(RejectedTls("key: x"), HasSubstr("must be the key key_file"));
  EXPECT_THAT(RejectedTls("client_ca: x"), HasSubstr("must be the key client_ca_file"));
}

TEST_F(WebFileTest, Versions) {
  const TlsSettings tls = Tls("min_version: TLS13, max_version: TLS13");
  EXPECT_EQ(tls.min_version, TlsVersion::kTls13);
  EXPECT_EQ(RejectedTls("min_version: TLS10"),
            "tls_server_config.min_version: TLS10 is not supported, must be TLS12 or TLS13");
  EXPECT_EQ(RejectedTls("max_version: TLS11"),
            "tls_server_config.max_version: TLS11 is not supported, must be TLS12 or TLS13");
  EXPECT_THAT(RejectedTls("min_version: SSL3"), HasSubstr("must be one of: TLS12, TLS13"));
  EXPECT_THAT(RejectedTls("min_version: TLS13, max_version: TLS12"),
              HasSubstr("min_version is above max_version"));
}

TEST_F(WebFileTest, ClientCertificates) {
  const TlsSettings tls =
      Tls("client_auth_type: RequireAndVerifyClientCert, client_ca_file: ca.crt, "
          "client_allowed_sans: [prometheus.example, 192.0.2.1]");
  EXPECT_EQ(tls.client_auth, ClientAuth::kRequireAndVerifyClientCert);
  EXPECT_EQ(tls.client_ca->content, "the CA");
  EXPECT_THAT(tls.client_allowed_sans, ElementsAre("prometheus.example", "192.0.2.1"));
  EXPECT_EQ(Tls("client_auth_type: RequestClientCert").client_auth, ClientAuth::kRequestClientCert);
  EXPECT_EQ(Tls("client_auth_type: RequireAnyClientCert").client_auth,
            ClientAuth::kRequireAnyClientCert);
  EXPECT_EQ(Tls("client_auth_type: VerifyClientCertIfGiven, client_ca_file: ca.crt").client_auth,
            ClientAuth::kVerifyClientCertIfGiven);
  EXPECT_EQ(Tls("client_auth_type: NoClientCert").client_auth, ClientAuth::kNoClientCert);
}

TEST_F(WebFileTest, ClientCertificatesThatProtectNothingAreRefused) {
  for (const char* type : {"RequireAndVerifyClientCert", "VerifyClientCertIfGiven"}) {
    EXPECT_THAT(RejectedTls(std::string("client_auth_type: ") + type),
                HasSubstr("client_auth_type: has nothing to verify with"));
  }
  EXPECT_THAT(RejectedTls("client_ca_file: ca.crt"),
              HasSubstr("client_ca_file: is of no use without a client_auth_type"));
  EXPECT_THAT(RejectedTls("client_allowed_sans: [x]"),
              HasSubstr("client_allowed_sans: cannot be checked"));
  EXPECT_THAT(RejectedTls("client_auth_type: VerifyClientCertIfGiven, client_ca_file: ca.crt, "
                          "client_allowed_sans: [x]"),
              HasSubstr("client_allowed_sans: cannot be checked"));
  EXPECT_THAT(RejectedTls("client_auth_type: requireandverifyclientcert"),
              HasSubstr("RequireAndVerifyClientCert"));
}

TEST_F(WebFileTest, CipherSuites) {
  const TlsSettings tls =
      Tls("cipher_suites: [TLS_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256], "
          "curve_preferences: [X25519, CurveP256], prefer_server_cipher_suites: false");
  EXPECT_THAT(tls.cipher_suites,
              ElementsAre(TlsCipherSuite{TlsKeyExchange::kTls13, TlsCipher::kAes128Gcm},
                          TlsCipherSuite{TlsKeyExchange::kEcdheRsa, TlsCipher::kAes128Gcm}));
  EXPECT_THAT(tls.curve_preferences, ElementsAre(TlsCurve::kX25519, TlsCurve::kP256));
  EXPECT_FALSE(tls.prefer_server_cipher_suites);
  EXPECT_THAT(RejectedTls("cipher_suites: [TLS_RSA_WITH_RC4_128_SHA]"),
              HasSubstr("cipher_suites[0]: unknown word"));
  EXPECT_THAT(RejectedTls("curve_preferences: [X25519MLKEM768]"), HasSubstr("unknown word"));
}

TEST_F(WebFileTest, CipherSuitesThatCannotBeAreRefused) {
  EXPECT_THAT(RejectedTls("cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, "
                          "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]"),
              HasSubstr("cipher_suites: lacks TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"));
  EXPECT_THAT(RejectedTls("cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA]"),
              HasSubstr("has no cipher for TLS 1.3"));
  EXPECT_THAT(RejectedTls("cipher_suites: [TLS_AES_128_GCM_SHA256]"),
              HasSubstr("has no suite for TLS 1.2"));
  Tls("cipher_suites: [TLS_AES_128_GCM_SHA256], min_version: TLS13");
  Tls("cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA], max_version: TLS12");
}

TEST_F(WebFileTest, Http2IsRefusedByName) {
  EXPECT_EQ(Rejected("http_server_config: {http2: true}"),
            "web.yml:1:29: http_server_config.http2: true is not supported, must be false: this "
            "serves HTTP/1.1");
  Accepted("http_server_config: {http2: false}");
  EXPECT_EQ(
      Rejected("http_server_config: {http2: 2}"),
      "web.yml:1:29: http_server_config.http2: unknown word \"2\", must be one of: true, false");
}

TEST_F(WebFileTest, Headers) {
  const WebAccess access = Accepted(
      "http_server_config:\n  headers:\n    X-Frame-Options: deny\n"
      "    X-Content-Type-Options: nosniff\n    Content-Security-Policy: \"default-src 'self'\"\n"
      "    X-XSS-Protection: \"\"\n    Strict-Transport-Security: max-age=31536000\n");
  EXPECT_THAT(access.headers,
              ElementsAre(HttpHeader{"X-Frame-Options", "deny"},
                          HttpHeader{"X-Content-Type-Options", "nosniff"},
                          HttpHeader{"Content-Security-Policy", "default-src 'self'"},
                          HttpHeader{"Strict-Transport-Security", "max-age=31536000"}));
  const auto rejected = [this](const std::string& header) {
    return Rejected("http_server_config: {headers: {" + header + "}}");
  };
  EXPECT_THAT(rejected("X-Powered-By: me"), HasSubstr("unknown key"));
  EXPECT_THAT(rejected("X-Frame-Options: allow"), HasSubstr("must be one of: deny, sameorigin"));
  EXPECT_THAT(rejected("X-Content-Type-Options: sniff"), HasSubstr("must be one of: nosniff"));
  EXPECT_THAT(rejected("X-XSS-Protection: \"a\\r\\nSet-Cookie: b\""), HasSubstr("printable"));
  EXPECT_EQ(rejected("X-XSS-Protection: \" ~\""), "accepted");
  EXPECT_THAT(rejected("X-XSS-Protection: \"\\x1f\""), HasSubstr("printable"));
  EXPECT_THAT(rejected("X-XSS-Protection: \"\\x7f\""), HasSubstr("printable"));
}

TEST_F(WebFileTest, HeadersMustFitInAReply) {
  const auto policy = [](std::size_t bytes) {
    constexpr std::size_t kAround = std::string_view("Content-Security-Policy: \r\n").size();
    return "Content-Security-Policy: " + std::string(bytes - kAround, 'x');
  };
  const auto headers = [](const std::string& text) {
    return "http_server_config:\n  headers:\n    " + text;
  };
  Accepted(headers(policy(kMaxReplyHeaderBytes)));
  EXPECT_EQ(Rejected(headers(policy(kMaxReplyHeaderBytes + 1))),
            "web.yml:3:30: http_server_config.headers.Content-Security-Policy: is too long: the "
            "headers take 8193 bytes in all, must be at most 8192");
  // "X-XSS-Protection: 0" and a line end take 21 bytes.
  const std::string another = "X-XSS-Protection: \"0\"\n    ";
  Accepted(headers(another + policy(kMaxReplyHeaderBytes - 21)));
  EXPECT_THAT(Rejected(headers(another + policy(kMaxReplyHeaderBytes - 20))),
              HasSubstr("web.yml:4:30: http_server_config.headers.Content-Security-Policy"));
}

TEST_F(WebFileTest, UsersHaveBcryptHashes) {
  const auto rejected = [this](const std::string& hash) {
    return Rejected("basic_auth_users: {alice: " + hash + "}");
  };
  for (const char* secret : {"hunter2", "$1$abc$def", "$2y$10$tooshort"}) {
    EXPECT_THAT(rejected(secret), HasSubstr("basic_auth_users.alice: is no bcrypt hash"));
    EXPECT_THAT(rejected(secret), Not(HasSubstr(secret))) << "it may be a password";
  }
  std::string costly = kHash;
  costly.replace(4, 2, "15");
  EXPECT_THAT(rejected(costly), HasSubstr("has cost 15, must be from 4 to 14"));
  costly.replace(4, 2, "03");
  EXPECT_THAT(rejected(costly), HasSubstr("has cost 3, must be from 4 to 14"));
  costly.replace(4, 2, "1x");
  EXPECT_THAT(rejected(costly), HasSubstr("is no bcrypt hash"));
  EXPECT_THAT(rejected("[a]"), HasSubstr("must be a bcrypt hash"));
  for (const std::string cost : {"04", "14"}) {
    costly.replace(4, 2, cost);
    EXPECT_EQ(rejected(costly), "accepted") << cost;
  }
}

TEST_F(WebFileTest, EveryCharacterOfAHashIsOfItsAlphabet) {
  for (std::size_t i = 0; i < std::string(kHash).size(); ++i) {
    std::string wrong = kHash;
    wrong[i] = '+';
    EXPECT_THAT(Rejected("basic_auth_users: {alice: " + wrong + "}"),
                HasSubstr("is no bcrypt hash"))
        << wrong;
  }
}

TEST_F(WebFileTest, UsersAreBounded) {
  std::string users = "basic_auth_users:\n";
  const auto add = [&users](const std::string& name) {
    users += "  " + name + ": " + kHash + "\n";
  };
  add(std::string(255, 'x'));
  for (int i = 2; i <= 100; ++i) add("u" + std::to_string(i));
  EXPECT_THAT(Accepted(users).users, SizeIs(100));
  add("one-too-many");
  EXPECT_THAT(Rejected(users), HasSubstr("has 101 users, must be at most 100"));
  users = "basic_auth_users:\n";
  add(std::string(256, 'x'));
  EXPECT_THAT(Rejected(users), HasSubstr("is too long, must be at most 255 bytes"));
}

TEST_F(WebFileTest, UserNames) {
  const std::string hash = kHash;
  EXPECT_THAT(Rejected("basic_auth_users: {}"), HasSubstr("has no user"));
  EXPECT_THAT(Rejected("basic_auth_users: []"), HasSubstr("must be a mapping"));
  EXPECT_THAT(Rejected("basic_auth_users: {\"a:b\": " + hash + "}"), HasSubstr("has a colon"));
  EXPECT_THAT(Rejected("basic_auth_users: {a: " + hash + ", a: " + hash + "}"),
              HasSubstr("duplicate user"));
}

TEST_F(WebFileTest, AUserWhoCouldNeverLogInIsRefused) {
  const std::string hash = kHash;
  for (const char* name : {"a\\0", "a\\n", "\\x7f"}) {
    EXPECT_THAT(Rejected(std::string("basic_auth_users: {\"") + name + "\": " + hash + "}"),
                HasSubstr("has a control character, which basic authentication cannot send"));
  }
  // The last characters of salt and hash hold fewer than 6 bits.
  const std::string impossible = "basic_auth_users.a: is a bcrypt hash that no password has";
  for (const std::size_t end : {std::size_t{28}, std::size_t{59}}) {
    std::string wrong = hash;
    wrong[end] = 'A';
    EXPECT_THAT(Rejected("basic_auth_users: {a: " + wrong + "}"), HasSubstr(impossible));
  }
  for (const char salt_end : std::string(".Oeu")) {
    std::string right = hash;
    right[28] = salt_end;
    Accepted("basic_auth_users: {a: " + right + "}");
  }
}

TEST_F(WebFileTest, AllowedNamesThatNoCertificateHasAreRefused) {
  const auto client = [](const std::string& names) {
    return "client_auth_type: RequireAnyClientCert, client_allowed_sans: [" + names + "]";
  };
  for (const char* name : {"\"a b\"", "\"a\\0\"", "müller.example"}) {
    EXPECT_THAT(RejectedTls(client(name)), HasSubstr("client_allowed_sans[0]: \"")) << name;
  }
  EXPECT_THAT(RejectedTls(client(std::string(1'001, 'x'))),
              HasSubstr("is too long, must be at most 1000 characters"));
  EXPECT_THAT(
      Tls(client("\"2001:DB8:0::1\", 192.0.2.1, " + std::string(1'000, 'x'))).client_allowed_sans,
      ElementsAre("2001:db8::1", "192.0.2.1", std::string(1'000, 'x')));
}

TEST_F(WebFileTest, WhatTheCheckRefusesHasItsPlace) {
  const auto refuse = [](const WebAccess& /*access*/) -> Result<void> {
    return Error{0, "cert_file a.crt is bad"};
  };
  const auto mistakes = [&](const std::string& text) {
    return Joined(std::get<std::vector<ConfigError>>(ParseWebFile(text, "web.yml", refuse)));
  };
  const std::string certificate = folder_.PathTo("a.crt");
  EXPECT_EQ(mistakes("rate_limit: {interval: 0}\ntls_server_config:\n  cert_file: " + certificate +
                     "\n  key_file: " + certificate + "\n"),
            "web.yml:3:3: tls_server_config: cert_file a.crt is bad");
  EXPECT_THAT(mistakes("rate_limit: 0"), HasSubstr("must be a mapping"));
}

TEST_F(WebFileTest, RateLimit) {
  EXPECT_EQ(Accepted("rate_limit: {interval: 250ms, burst: 1}").rate_limit, (RateLimit{250ms, 1}));
  EXPECT_EQ(Accepted("rate_limit: {interval: 0, burst: 20}").rate_limit.interval, 0s);
  EXPECT_EQ(Accepted("rate_limit: {interval: 0s}").rate_limit.interval, 0s);
  EXPECT_EQ(Accepted("rate_limit: {interval: 1h, burst: 1000000}").rate_limit,
            (RateLimit{1h, 1'000'000}));
  EXPECT_THAT(Rejected("rate_limit: {interval: 61m, burst: 1}"), HasSubstr("from 0s to 1h"));
  EXPECT_THAT(Rejected("rate_limit: {interval: 1s, burst: 1000001}"), HasSubstr("is too large"));
  EXPECT_THAT(Rejected("rate_limit: {interval: 1s}"), HasSubstr("permits no request at all"));
  EXPECT_THAT(Rejected("rate_limit: {interval: 1s, burst: 0}"),
              HasSubstr("rate_limit.burst: permits no request at all"));
  EXPECT_THAT(Rejected("rate_limit: {interval: soon, burst: 1}"), HasSubstr("rate_limit.interval"));
  EXPECT_THAT(Rejected("rate_limit: {interval: 1s, burst: -1}"), HasSubstr("rate_limit.burst"));
}

}  // namespace
}  // namespace connwatch::web_file_test
