// Bodies compressed for HTTP's Content-Encoding: gzip (RFC 1952).
#pragma once

#include <string>
#include <string_view>

namespace connwatch {

/// Throws std::bad_alloc where zlib finds no memory; cannot fail otherwise.
std::string Gzip(std::string_view text);

}  // namespace connwatch
