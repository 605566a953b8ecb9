// The moment in the Date header of an HTTP answer. Pure; any bytes may be given.
// Source: RFC 9110, section 5.6.7.
#pragma once

#include <optional>
#include <string_view>

#include "core/base/instant.h"

namespace connwatch {

/// Reads one of the three forms: "Sun, 06 Nov 1994 08:49:37 GMT", which servers send today, and the
/// obsolete "Sunday, 06-Nov-94 08:49:37 GMT" and "Sun Nov  6 08:49:37 1994". A year of two digits
/// is between 1970 and 2069. nullopt if the text is anything else, if there is no such day, if the
/// day of the week is not the right one, or if the moment is before 1970 or beyond WallTime (2262).
std::optional<WallTime> ParseHttpDate(std::string_view text);

}  // namespace connwatch
