#include "exporters/access/bcrypt.h"

#include <crypt.h>
#include <gnutls/gnutls.h>

#include <cstring>
#include <memory>

namespace connwatch {

bool MatchesBcrypt(const std::string& password, const std::string& hash) {
  const auto work = std::make_unique<crypt_data>();  // 32 KiB, too large for the stack
  const char* computed = crypt_r(password.c_str(), hash.c_str(), work.get());
  return computed != nullptr && std::strlen(computed) == hash.size() &&
         gnutls_memcmp(computed, hash.data(), hash.size()) == 0;
}

unsigned BcryptCost(std::string_view hash) {
  return static_cast<unsigned>(hash[4] - '0') * 10 + static_cast<unsigned>(hash[5] - '0');
}

std::string UnmatchedBcrypt(unsigned cost) {
  const std::string digits = (cost < 10 ? "0" : "") + std::to_string(cost);
  // The last character of a hash holds only 4 bits. "A" has bits set outside of these 4, so no
  // password has this hash.
  return "$2b$" + digits + "$" + std::string(21, '.') + "O" + std::string(30, '.') + "A";
}

}  // namespace connwatch
