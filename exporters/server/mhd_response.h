// Turns an HttpReply into a response of libmicrohttpd: headers, and a body that is complete or
// still being made.
#pragma once

#include <string>
#include <vector>

#include "core/web/web_access.h"
#include "exporters/http/http_message.h"

struct MHD_Connection;
struct MHD_Response;

namespace connwatch {

/// The caller must queue the result on `connection` and destroy it. It shares ownership of the body
/// until the last byte is sent. Headers in `configured` replace the reply's own. Null if
/// libmicrohttpd has no memory. While a stream has nothing to send, the connection is suspended.
MHD_Response* ToMhdResponse(const HttpReply& reply, const std::vector<HttpHeader>& configured,
                            MHD_Connection* connection);

}  // namespace connwatch
