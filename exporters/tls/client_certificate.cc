#include "exporters/tls/client_certificate.h"

#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "core/web/web_limits.h"

namespace connwatch {

namespace {

struct FreeCertificate {
  void operator()(gnutls_x509_crt_int* certificate) const { gnutls_x509_crt_deinit(certificate); }
};
using Certificate = std::unique_ptr<gnutls_x509_crt_int, FreeCertificate>;

// Parses the client's own certificate, without its chain. Null if it cannot be parsed.
Certificate ParseFirst(const gnutls_datum_t& der) {
  gnutls_x509_crt_t parsed = nullptr;
  if (gnutls_x509_crt_init(&parsed) != GNUTLS_E_SUCCESS) return nullptr;
  Certificate certificate(parsed);
  const int result = gnutls_x509_crt_import(parsed, &der, GNUTLS_X509_FMT_DER);
  return result == GNUTLS_E_SUCCESS ? std::move(certificate) : nullptr;
}

// Returns one name of any kind as text; nullopt after the last one.
std::optional<std::string> AlternativeName(gnutls_x509_crt_int* certificate, unsigned index) {
  std::array<char, kMaxAlternativeNameBytes + 1> name{};  // GnuTLS adds a NUL
  std::size_t size = name.size();
  const int kind =
      gnutls_x509_crt_get_subject_alt_name(certificate, index, name.data(), &size, nullptr);
  if (kind == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE) return std::nullopt;
  if (kind == GNUTLS_SAN_IPADDRESS) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    const int family = size == sizeof(in_addr) ? AF_INET : AF_INET6;
    const bool is_address = size == sizeof(in_addr) || size == sizeof(in6_addr);
    if (!is_address || inet_ntop(family, name.data(), text.data(), text.size()) == nullptr) {
      return "";
    }
    return text.data();
  }
  const bool is_text =
      kind == GNUTLS_SAN_DNSNAME || kind == GNUTLS_SAN_RFC822NAME || kind == GNUTLS_SAN_URI;
  return is_text ? std::string(name.data(), size) : std::string();
}

bool HasAllowedName(const gnutls_datum_t& der, const std::vector<std::string>& allowed) {
  constexpr unsigned kMaxNames = 1'000;
  const Certificate certificate = ParseFirst(der);
  if (!certificate) return false;
  for (unsigned index = 0; index < kMaxNames; ++index) {
    const auto name = AlternativeName(certificate.get(), index);
    if (!name) return false;
    if (std::ranges::find(allowed, *name) != allowed.end()) return true;
  }
  return false;
}

// Checks the chain against the CAs and the time, and that it is for use by a client.
std::string ProblemWithChain(gnutls_session_int* session) {
  constexpr std::string_view kClientPurpose = GNUTLS_KP_TLS_WWW_CLIENT;
  std::string purpose(kClientPurpose);
  gnutls_typed_vdata_st wanted{};
  wanted.type = GNUTLS_DT_KEY_PURPOSE_OID;
  wanted.data = reinterpret_cast<unsigned char*>(purpose.data());
  unsigned status = 0;
  const int result = gnutls_certificate_verify_peers(session, &wanted, 1, &status);
  if (result != GNUTLS_E_SUCCESS) return gnutls_strerror(result);
  if (status == 0) return {};
  gnutls_datum_t text{};
  if (gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &text, 0) !=
      GNUTLS_E_SUCCESS) {
    return "not trusted";
  }
  std::string problem(reinterpret_cast<const char*>(text.data), text.size);
  gnutls_free(text.data);
  while (!problem.empty() && (problem.back() == ' ' || problem.back() == '\0')) problem.pop_back();
  return problem;
}

}  // namespace

std::string ProblemWithClient(gnutls_session_int* session, const TlsSettings& settings) {
  const ClientAuth auth = settings.client_auth;
  if (auth == ClientAuth::kNoClientCert || auth == ClientAuth::kRequestClientCert) return {};
  unsigned count = 0;
  const gnutls_datum_t* chain = gnutls_certificate_get_peers(session, &count);
  if (chain == nullptr || count == 0) {
    return auth == ClientAuth::kVerifyClientCertIfGiven ? "" : "the client sent no certificate";
  }
  if (auth != ClientAuth::kRequireAnyClientCert) {
    const std::string problem = ProblemWithChain(session);
    if (!problem.empty()) return "client certificate: " + problem;
  }
  const auto& sans = settings.client_allowed_sans;
  if (!sans.empty() && !HasAllowedName(chain[0], sans)) {
    return "client certificate: none of its names is among client_allowed_sans";
  }
  return {};
}

}  // namespace connwatch
