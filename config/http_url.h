// Splits a URL of a configuration into its parts (RFC 3986, only http and https). Pure. An error's
// context says what is wrong and what would be right. It contains no part of the URL, because the
// URL may contain a secret.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"

namespace connwatch {

struct HttpUrl {
  bool is_https = false;
  /// "host:port". If no port is given, it is the port of the scheme. An IPv6 address is in
  /// brackets.
  std::string authority;
  /// Begins with a / and includes the query. Empty if the URL has neither a path nor a query.
  std::string path;

  std::string ToString() const;
  bool has_query() const { return path.find('?') != std::string::npos; }
};

/// At most 2000 printable ASCII characters, without a user name and without a fragment.
Result<HttpUrl> ParseHttpUrl(std::string_view text);

/// The name of a host, without a port: letters, digits, - . and _.
Result<std::string> ParseHostName(std::string_view text);

}  // namespace connwatch
