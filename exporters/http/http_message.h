// An HTTP request and its reply as values, and the interface between the server, which knows no
// pages, and the pages, which know no server.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/web/web_access.h"
#include "exporters/http/body_stream.h"
#include "exporters/http/rendered_pages.h"

namespace connwatch {

/// Who sent a request.
struct HttpClient {
  std::string_view address;    // as ClientAddress() writes it
  bool has_logged_in = false;  // with a password or a verified certificate
  bool is_forwarded = false;   // a proxy says that it sends the request for somebody else
};

/// The strings are valid while the request is answered. A header that is missing is empty.
struct HttpRequest {
  std::string_view method;
  std::string_view path;   // without the query
  std::string_view query;  // as sent, without the "?"
  std::string_view accept_encoding;
  std::string_view accept;
  std::string_view host;
  std::string_view origin;
  std::string_view sec_fetch_site;
  HttpClient client;
};

struct HttpReply {
  unsigned status = 0;
  std::string_view content_type;
  std::string_view content_encoding;  // empty: identity
  std::string_view allow;             // the Allow header of a 405; else empty
  std::vector<HttpHeader> headers;    // any other headers
  /// The body. It keeps nothing else alive.
  std::shared_ptr<const std::string> body;
  /// Instead of `body`, if the body is still being made.
  std::shared_ptr<BodyStream> stream = nullptr;
};

/// Answers requests that were let in. Called on HTTP threads, several at a time.
using HttpHandler = std::function<HttpReply(const HttpRequest& request)>;

/// Returns a reply with the body `body`.
HttpReply BodyReply(unsigned status, std::string_view content_type, std::string body);
/// Returns a 200 with the page `body`, which must be there.
HttpReply PageReply(std::string_view content_type, RenderedBody body);
/// Returns a reply of plain text.
HttpReply TextReply(unsigned status, std::string text);

}  // namespace connwatch
