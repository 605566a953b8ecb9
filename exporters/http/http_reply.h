// Request -> reply, without a server around it: which paths exist and what they answer.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/instant.h"
#include "core/web/web_access.h"
#include "exporters/http/body_stream.h"
#include "exporters/metrics/published_snapshot.h"

namespace connwatch {

struct HttpRequest {
  std::string_view method;
  std::string_view path;  // without the query
  std::string_view accept_encoding;
  std::string_view accept;
  std::string_view query;  // as sent, without the "?"
};

struct HttpReply {
  unsigned status = 0;
  std::string_view content_type;
  std::string_view content_encoding;  // empty: identity
  std::string_view allow;             // empty, or the Allow header of a 405
  std::vector<HttpHeader> headers;    // further ones
  /// The body; it may point into the snapshot, which it then keeps alive.
  std::shared_ptr<const std::string> body;
  /// In place of `body`, where it is still being made.
  std::shared_ptr<BodyStream> stream = nullptr;
};

/// A reply of plain text.
HttpReply TextReply(unsigned status, std::string text);
/// A reply of {"error": text}, with the position of the mistake in the query where it is one.
HttpReply ErrorReply(unsigned status, const std::string& text,
                     std::optional<std::size_t> position = {});

/// `snapshot` is what /metrics shows; `now` the moment of the request. May run on any thread. Below
/// /api/ a query must be one that is understood; elsewhere it is ignored.
HttpReply Answer(const HttpRequest& request,
                 const std::shared_ptr<const PublishedSnapshot>& snapshot, WallTime now);

}  // namespace connwatch
