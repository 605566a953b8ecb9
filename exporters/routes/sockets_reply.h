// "/api/v1/sockets": one by one the sockets that a query asks for, fresh from the kernel. It shows
// who talks to whom, so it is there for those only who could see that anyway, or have logged in.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "core/base/result.h"
#include "exporters/http/body_stream.h"
#include "exporters/http/http_reply.h"
#include "exporters/json/socket_query.h"

namespace connwatch {

inline constexpr std::string_view kSocketsPath = "/api/v1/sockets";

/// Begins to look; the answer comes through the stream. EBUSY: not now, but soon. Called on HTTP
/// threads.
using SocketSearchAction =
    std::function<Result<std::shared_ptr<BodyStream>>(const SocketQuery& query)>;

struct SocketsVisitor {
  std::string_view address;    // as ClientAddress() has it
  std::string_view host;       // the header, empty where there is none
  bool has_logged_in = false;  // with a password, or a certificate that was verified
  bool is_forwarded = false;   // a proxy says that it asks for somebody else
};

/// Whether the visitor may see single sockets: after a log-in, by a unix socket, or over loopback.
/// Over loopback nobody else may be behind it, and the header Host must be "localhost" or an
/// address: a name is one that a web page made its visitor's browser take for this host.
bool MaySeeSockets(const SocketsVisitor& visitor);

/// 200 and a stream; 400 for a mistake in the query, 403 where `is_permitted` is false or there is
/// no `action`, 405 unless by GET, 429 where it is busy.
HttpReply AnswerSockets(const HttpRequest& request, bool is_permitted,
                        const SocketSearchAction& action);

}  // namespace connwatch
