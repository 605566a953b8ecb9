// Checks passwords against bcrypt hashes, with libcrypt.
#pragma once

#include <string>
#include <string_view>

namespace connwatch {

/// Returns true iff the password has this hash; false also if libcrypt does not understand `hash`.
/// Takes about 70 ms at cost 10, and twice as long for each further step of cost. The time does not
/// depend on what differs. Reads at most 72 bytes of the password, as bcrypt does. May run on any
/// thread.
bool MatchesBcrypt(const std::string& password, const std::string& hash);

/// The cost of a well-formed hash, 4 to 31.
unsigned BcryptCost(std::string_view hash);

/// Returns a well-formed hash of that cost that no password has.
std::string UnmatchedBcrypt(unsigned cost);

}  // namespace connwatch
