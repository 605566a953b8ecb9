// Passwords against bcrypt hashes, by libcrypt.
#pragma once

#include <string>
#include <string_view>

namespace connwatch {

/// Takes about 70 ms at cost 10 and twice that with each more; the time does not depend on what
/// differs. False also where libcrypt does not understand `hash`. Reads at most 72 bytes of the
/// password, as bcrypt does. May run on any thread.
bool MatchesBcrypt(const std::string& password, const std::string& hash);

/// The cost of a well-formed hash, 4 to 31.
unsigned BcryptCost(std::string_view hash);

/// A well-formed hash of that cost which no password has.
std::string UnmatchedBcrypt(unsigned cost);

}  // namespace connwatch
