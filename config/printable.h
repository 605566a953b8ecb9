// Makes text from a file safe for a message: one line, no control characters, not too long. Finds
// control characters where a value must have none.
#pragma once

#include <string>
#include <string_view>

namespace connwatch {

/// Returns `text` so that it fills exactly one line of a terminal or a log. Escapes control
/// characters, line separators, characters that reverse the direction of text, and bytes that are
/// not UTF-8.
std::string OneLine(std::string_view text);

/// Returns true iff `text` has a control character of ASCII that is not one of `allowed`.
bool HasControlCharacter(std::string_view text, std::string_view allowed = {});

/// The first 40 characters of `text`, then "..." if there are more.
std::string Clipped(std::string_view text);

/// Clipped, between double quotes.
std::string Quoted(std::string_view text);

}  // namespace connwatch
