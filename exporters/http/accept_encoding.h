// Content negotiation: may the answer be gzipped?
#pragma once

#include <string_view>

namespace connwatch {

/// Whether an Accept-Encoding header admits gzip (RFC 9110 section 12.5.3): named, or covered by
/// "*", with a weight other than 0. An empty header admits only identity.
bool AcceptsGzip(std::string_view accept_encoding);

}  // namespace connwatch
