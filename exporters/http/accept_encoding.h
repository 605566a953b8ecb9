// Content negotiation: finds out whether the answer may be gzipped.
#pragma once

#include <string_view>

namespace connwatch {

/// Returns true iff an Accept-Encoding header admits gzip (RFC 9110 section 12.5.3): it names gzip
/// or has "*", with a weight other than 0. An empty header admits only identity.
bool AcceptsGzip(std::string_view accept_encoding);

}  // namespace connwatch
