// The random number by which this process makes identities of sockets (walk_parser.h).
#pragma once

#include <cstdint>

#include "core/base/result.h"

namespace connwatch {

/// The same at every call, so that everything in this process gives a socket the same identity. An
/// error if the kernel gives no random number. Used by one thread.
Result<std::uint64_t> IdentitySeed();

}  // namespace connwatch
