// A URL of a configuration -> its parts (RFC 3986, of http and https only). Pure text to value; an
// error's context says what is wrong and what would be right, and holds nothing of the URL: there
// may be a secret in it.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"

namespace connwatch {

struct HttpUrl {
  bool is_https = false;
  /// "host:port", the port of the scheme where none is given; an IPv6 address in brackets.
  std::string authority;
  /// With a / in front, query included; empty where there is none.
  std::string path;

  std::string ToString() const;
  bool has_query() const { return path.find('?') != std::string::npos; }
};

/// At most 2000 printable ASCII characters, without a user name and without a fragment.
Result<HttpUrl> ParseHttpUrl(std::string_view text);

/// The name of a host, without a port: letters, digits, - . and _.
Result<std::string> ParseHostName(std::string_view text);

}  // namespace connwatch
