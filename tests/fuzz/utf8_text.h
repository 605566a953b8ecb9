// Texts of fuzz inputs that must be UTF-8, and those that are.
#pragma once

#include <string>
#include <string_view>

#include "config/utf8.h"

namespace connwatch {

/// Returns `text` without the bytes that are not UTF-8.
inline std::string OnlyUtf8(std::string_view text) {
  std::string kept;
  while (!text.empty()) {
    const auto character = FrontCharacter(text);
    if (character) kept += text.substr(0, character->length);
    text.remove_prefix(character ? character->length : 1);
  }
  return kept;
}

inline bool IsUtf8(std::string_view text) { return OnlyUtf8(text).size() == text.size(); }

}  // namespace connwatch
