// Any bytes as a web configuration file: either what GnuTLS can be told and the guard can enforce,
// or mistakes of one line each. For a PEM file that can be read, an input names /proc/version.
#include <gnutls/gnutls.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "config/web_file.h"
#include "exporters/access/bcrypt.h"
#include "exporters/tls/tls_priorities.h"
#include "tests/fuzz/require.h"

namespace {

using connwatch::Require;

void CheckMistakes(const std::vector<connwatch::ConfigError>& errors) {
  Require(!errors.empty() && errors.size() <= 20);
  for (const connwatch::ConfigError& error : errors) {
    Require(!error.message.empty() && error.ToString().find('\n') == std::string::npos);
  }
}

void CheckTls(const connwatch::TlsSettings& tls) {
  gnutls_priority_t priorities = nullptr;
  Require(gnutls_priority_init(&priorities, connwatch::TlsPriorities(tls).c_str(), nullptr) ==
          GNUTLS_E_SUCCESS);
  gnutls_priority_deinit(priorities);
  const bool verifies = tls.client_auth == connwatch::ClientAuth::kVerifyClientCertIfGiven ||
                        tls.client_auth == connwatch::ClientAuth::kRequireAndVerifyClientCert;
  Require(!verifies || tls.client_ca);
  Require(tls.min_version <= tls.max_version);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const auto result = connwatch::ParseWebFile(std::string(bytes, bytes + size), "/fuzz.yml");
  if (const auto* errors = std::get_if<std::vector<connwatch::ConfigError>>(&result)) {
    CheckMistakes(*errors);
    return 0;
  }
  const auto& access = std::get<connwatch::WebAccess>(result);
  if (access.tls) CheckTls(*access.tls);
  for (const connwatch::BasicAuthUser& user : access.users) {
    Require(!user.name.empty() && user.name.find(':') == std::string::npos);
    const unsigned cost = connwatch::BcryptCost(user.bcrypt_hash);
    Require(cost >= 4 && cost <= 14);
  }
  for (const connwatch::HttpHeader& header : access.headers) {
    Require(header.value.find_first_of("\r\n") == std::string::npos);
  }
  Require(access.rate_limit.interval.count() == 0 || access.rate_limit.burst > 0);
  return 0;
}
