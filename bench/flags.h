// The command lines of the programs here: `--name NUMBER` and `--name WORD` pairs, nothing else.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

#include "core/base/result.h"

namespace connwatch::bench {

struct NumberFlag {
  std::string_view name;  // with its dashes
  std::uint64_t& value;   // keeps its default where the flag is not given
  std::uint64_t min;
  std::uint64_t max;
};

/// One of a few words, each of which stands for a number.
struct WordFlag {
  struct Word {
    std::string_view text;
    std::uint64_t meaning;
  };

  std::string_view name;  // with its dashes
  std::uint64_t& value;   // keeps its default where the flag is not given
  std::span<const Word> words;
};

/// Reads `arguments` (without the program's name) into the flags' values. Errors: an unknown flag,
/// or a value missing, not a number, out of range or none of the words; values may have been set
/// by then.
Result<void> ReadFlags(std::span<char* const> arguments, std::initializer_list<NumberFlag> numbers,
                       std::initializer_list<WordFlag> words = {});

}  // namespace connwatch::bench
