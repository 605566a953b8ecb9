// Text of a client, made safe for a line of the log and for a message.
#pragma once

#include <string>
#include <string_view>

namespace connwatch {

/// Returns the first 40 characters of `text` in quotes, with "..." if there are more. Whatever is
/// not printable ASCII, or is a quote, becomes "?".
std::string AsciiQuoted(std::string_view text);

}  // namespace connwatch
