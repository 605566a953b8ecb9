// Turns an HttpReply into a response of libmicrohttpd: headers, and a body that is complete or
// still being made.
#pragma once

#include <memory>
#include <vector>

#include "core/web/web_access.h"
#include "exporters/http/http_message.h"
#include "exporters/server/held_bodies.h"

struct MHD_Connection;
struct MHD_Response;

namespace connwatch {

/// The caller must queue the result on `connection` and destroy it. It shares ownership of `held`,
/// the body of `reply`, until the last byte is sent. If the body is given up before that, the
/// connection is closed. Headers in `configured` replace the reply's own. Null if
/// libmicrohttpd has no memory. While a stream has nothing to send, the connection is suspended.
MHD_Response* ToMhdResponse(const HttpReply& reply, const std::shared_ptr<HeldBody>& held,
                            const std::vector<HttpHeader>& configured, MHD_Connection* connection);

}  // namespace connwatch
