// HttpReply -> libmicrohttpd's response: headers, and a body that is there or still being made.
#pragma once

#include <string>
#include <vector>

#include "core/web/web_access.h"
#include "exporters/http/http_message.h"

struct MHD_Connection;
struct MHD_Response;

namespace connwatch {

/// For the caller to queue on `connection` and to destroy; it shares ownership of the body until
/// the last byte is sent. `configured` are headers that win over the reply's own. Null where
/// libmicrohttpd has no memory. While a stream has nothing to send, the connection is suspended.
MHD_Response* ToMhdResponse(const HttpReply& reply, const std::vector<HttpHeader>& configured,
                            MHD_Connection* connection);

}  // namespace connwatch
