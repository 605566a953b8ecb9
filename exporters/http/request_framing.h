// Finds out from the headers where a request ends (RFC 9112 section 6). libmicrohttpd is lenient:
// it takes "Content-Length : 5" for an unknown header, and the first of two Content-Lengths for the
// right one. So it does with Host. A proxy in front may read them differently. Then what the proxy
// takes for a body would be the next request of somebody else ("request smuggling").
#pragma once

#include <cstddef>
#include <string_view>

namespace connwatch {

class RequestFraming {
 public:
  /// Must be called with each header of the request, in any order.
  void Take(std::string_view name, std::string_view value);

  /// How many headers there were.
  std::size_t headers() const { return headers_; }
  /// A body is announced.
  bool HasBody() const { return has_body_; }
  /// Another program may read the headers differently: one has a name that is no token, or a
  /// control character, there is a second Content-Length or Host, Content-Length is no number, or
  /// Host is no host (RFC 9112 section 3.2).
  bool IsAmbiguous() const { return is_ambiguous_; }
  /// The client wants the connection closed after the reply ("Connection: close").
  bool AsksToClose() const { return asks_to_close_; }
  /// The client wants the connection kept open ("Connection: keep-alive"). Only HTTP/1.0 must ask
  /// for that.
  bool AsksToKeepOpen() const { return asks_to_keep_open_; }

 private:
  std::size_t headers_ = 0;
  bool has_host_ = false;
  bool has_length_ = false;
  bool has_body_ = false;
  bool is_ambiguous_ = false;
  bool asks_to_close_ = false;
  bool asks_to_keep_open_ = false;
};

}  // namespace connwatch
