#include "exporters/tls/certificate_file.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <ctime>
#include <span>
#include <string_view>

namespace connwatch {

namespace {

// The certificates of a PEM file, in its order.
class CertificateList {
 public:
  explicit CertificateList(const std::string& pem) {
    // GnuTLS's interface lacks const here; it does not write to it.
    const gnutls_datum_t text = {reinterpret_cast<unsigned char*>(const_cast<char*>(pem.data())),
                                 static_cast<unsigned>(pem.size())};
    const int result =
        gnutls_x509_crt_list_import2(&list_, &count_, &text, GNUTLS_X509_FMT_PEM, /*flags=*/0);
    if (result < 0) count_ = 0;
  }
  ~CertificateList() {
    for (gnutls_x509_crt_t certificate : all()) gnutls_x509_crt_deinit(certificate);
    gnutls_free(list_);
  }
  CertificateList(const CertificateList&) = delete;
  CertificateList& operator=(const CertificateList&) = delete;
  CertificateList(CertificateList&&) = delete;
  CertificateList& operator=(CertificateList&&) = delete;

  std::span<const gnutls_x509_crt_t> all() const { return {list_, count_}; }

 private:
  gnutls_x509_crt_t* list_ = nullptr;
  unsigned count_ = 0;
};

std::string ProblemWithKey(gnutls_x509_crt_t certificate) {
  constexpr gnutls_sec_param_t kLeast = GNUTLS_SEC_PARAM_LOW;
  unsigned bits = 0;
  const int result = gnutls_x509_crt_get_pk_algorithm(certificate, &bits);
  if (result <= 0) return "has a key of a kind that GnuTLS does not know";
  const auto algorithm = static_cast<gnutls_pk_algorithm_t>(result);
  if (gnutls_pk_bits_to_sec_param(algorithm, bits) >= kLeast) return {};
  const char* name = gnutls_pk_get_name(algorithm);
  return std::string("has a key of ") + std::to_string(bits) + " bits (" +
         (name == nullptr ? "?" : name) + "), must have at least " +
         std::to_string(gnutls_sec_param_to_pk_bits(algorithm, kLeast));
}

// "2026-01-31T12:00:00Z"
std::string UtcText(std::time_t time) {
  std::tm fields{};
  std::array<char, sizeof("YYYYYYYYYY-MM-DDTHH:MM:SSZ")> text{};
  gmtime_r(&time, &fields);
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &fields);
  return {text.data(), size};
}

}  // namespace

std::string ProblemWithKeys(const std::string& pem) {
  const CertificateList certificates(pem);
  std::size_t number = 0;
  for (gnutls_x509_crt_t certificate : certificates.all()) {
    ++number;
    const std::string problem = ProblemWithKey(certificate);
    if (!problem.empty()) return "certificate " + std::to_string(number) + " " + problem;
  }
  return {};
}

std::string ProblemWithValidity(const std::string& pem, WallTime now) {
  const CertificateList certificates(pem);
  if (certificates.all().empty()) return {};
  const std::time_t begin = gnutls_x509_crt_get_activation_time(certificates.all().front());
  const std::time_t end = gnutls_x509_crt_get_expiration_time(certificates.all().front());
  const std::time_t today = std::chrono::system_clock::to_time_t(now);
  if (today < begin) return "is not valid before " + UtcText(begin);
  if (today > end) return "expired at " + UtcText(end);
  return {};
}

}  // namespace connwatch
