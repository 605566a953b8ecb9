// Finds out whether a text is JSON (RFC 8259), so that a mistake in a template of JSON is found
// when the configuration is loaded. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace connwatch {

/// The deepest nesting of lists and objects that is accepted.
inline constexpr std::size_t kMaxJsonDepth = 64;

/// Returns where `text` stops being JSON, at most text.size(), or nullopt if all of it is JSON.
/// Does not look whether it is UTF-8, nor for names that an object has twice.
std::optional<std::size_t> FindJsonMistake(std::string_view text);

}  // namespace connwatch
