// The limit on how many descriptors this process may have open.
#pragma once

#include <cstdint>

namespace connwatch {

/// Raises the limit as far as is permitted without privileges. Returns the limit in force.
/// select(2) does not work with so many descriptors, but nothing here uses it.
std::uint64_t RaiseFileLimit();

}  // namespace connwatch
