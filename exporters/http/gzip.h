// Bodies compressed for HTTP's Content-Encoding: gzip (RFC 1952).
#pragma once

#include <string>
#include <string_view>

namespace connwatch {

/// Throws std::bad_alloc if zlib has no memory. Cannot fail otherwise.
std::string Gzip(std::string_view text);

}  // namespace connwatch
