// Finds the word that a misspelt one was probably meant to be, for "did you mean".
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace connwatch {

/// Returns the word of `words` that is closest to `text`: it differs by a letter or two or in case,
/// or it begins with `text`. nullopt if none is close.
std::optional<std::string_view> ClosestWord(std::string_view text,
                                            std::span<const std::string_view> words);

/// "a, b, c".
std::string Joined(std::span<const std::string_view> words);

}  // namespace connwatch
