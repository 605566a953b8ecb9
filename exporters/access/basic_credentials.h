// The Authorization header of basic authentication (RFC 7617).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace connwatch {

struct BasicCredentials {
  std::string user;
  std::string password;  // a secret: never to be logged
};

/// Parses "Basic " and the base64 of "user:password". nullopt for everything else, also for a
/// password with a NUL in it, because bcrypt would see only its beginning.
std::optional<BasicCredentials> ParseBasicCredentials(std::string_view authorization);

}  // namespace connwatch
