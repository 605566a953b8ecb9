#include "exporters/access/basic_credentials.h"

#include <gnutls/gnutls.h>
#include <strings.h>

namespace connwatch {

std::optional<BasicCredentials> ParseBasicCredentials(std::string_view authorization) {
  constexpr std::string_view kScheme = "Basic ";
  if (authorization.size() < kScheme.size() ||
      strncasecmp(authorization.data(), kScheme.data(), kScheme.size()) != 0) {
    return std::nullopt;
  }
  std::string encoded(authorization.substr(kScheme.size()));
  encoded.erase(0, encoded.find_first_not_of(' '));
  if (encoded.empty()) return std::nullopt;
  const gnutls_datum_t base64 = {reinterpret_cast<unsigned char*>(encoded.data()),
                                 static_cast<unsigned>(encoded.size())};
  gnutls_datum_t decoded{};
  if (gnutls_base64_decode2(&base64, &decoded) != GNUTLS_E_SUCCESS) return std::nullopt;
  const std::string text(reinterpret_cast<const char*>(decoded.data), decoded.size);
  gnutls_free(decoded.data);
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos || text.find('\0') != std::string::npos) return std::nullopt;
  return BasicCredentials{text.substr(0, colon), text.substr(colon + 1)};
}

}  // namespace connwatch
