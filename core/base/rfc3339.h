// Times of day as text: "2026-11-29T03:00:00.250Z" (RFC 3339). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/instant.h"

namespace connwatch {

/// In UTC, with milliseconds.
std::string Rfc3339(WallTime time);

/// Reads a time with a zone ("Z" or "+01:00") and any number of digits after the seconds. nullopt
/// if the text is no such time, or one before 1970 or after 2200.
std::optional<WallTime> ParseRfc3339(std::string_view text);

}  // namespace connwatch
