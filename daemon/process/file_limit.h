// How many descriptors this process may have open.
#pragma once

#include <cstdint>

namespace connwatch {

/// Raises the limit as far as is permitted without privileges, which select(2) would not survive:
/// nothing here uses it. Returns the limit in force.
std::uint64_t RaiseFileLimit();

}  // namespace connwatch
