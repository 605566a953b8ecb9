// Text as JSON writes it (RFC 8259 section 7), for the lines of the log. Pure.
#pragma once

#include <string>
#include <string_view>

namespace connwatch {

/// Returns what stands between the quotes of a JSON string that reads as `text`. Each byte of
/// `text` that is not UTF-8 reads as U+FFFD, because JSON must be UTF-8.
std::string InsideOfJsonString(std::string_view text);

}  // namespace connwatch
