// The command lines of the programs here: `--name NUMBER` pairs, nothing else.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

#include "core/result.h"

namespace connwatch::bench {

struct NumberFlag {
  std::string_view name;  // with its dashes
  std::uint64_t& value;   // keeps its default where the flag is not given
  std::uint64_t min;
  std::uint64_t max;
};

/// Reads `arguments` (without the program's name) into the flags' values. Errors: an unknown flag,
/// or a value missing, not a number or out of range; values may have been set by then.
Result<void> ReadNumberFlags(std::span<char* const> arguments,
                             std::initializer_list<NumberFlag> flags);

}  // namespace connwatch::bench
