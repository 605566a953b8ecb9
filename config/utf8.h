// One UTF-8 character at a time (RFC 3629). Used to check a configuration's text and to print parts
// of it.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace connwatch {

struct Utf8Character {
  char32_t code_point = 0;
  std::size_t length = 1;  // in bytes, 1 to 4
};

/// Returns the character at the front of `text`. nullopt if its bytes are not UTF-8 (overlong forms
/// and surrogates are not), or if `text` is empty.
std::optional<Utf8Character> FrontCharacter(std::string_view text);

}  // namespace connwatch
