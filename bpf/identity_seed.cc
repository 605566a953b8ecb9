#include "bpf/identity_seed.h"

#include <sys/random.h>

#include <cerrno>
#include <optional>

namespace connwatch {

Result<std::uint64_t> IdentitySeed() {
  static std::optional<std::uint64_t> seed;
  if (seed) return *seed;
  std::uint64_t random = 0;
  if (getrandom(&random, sizeof(random), 0) != sizeof(random)) {
    return Error::FromErrno(errno, "get a random number");
  }
  seed = random;
  return random;
}

}  // namespace connwatch
