// Finds the word that a misspelt one was probably meant to be, for "did you mean".
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace connwatch {

/// The one of `words` that `text` is closest to: a letter or two apart, in another case, or the
/// beginning of. Nothing where none is close.
std::optional<std::string_view> ClosestWord(std::string_view text,
                                            std::span<const std::string_view> words);

/// "a, b, c".
std::string Joined(std::span<const std::string_view> words);

}  // namespace connwatch
