// "/api/v1/sockets": single sockets as a query asks for them, read from the kernel at once. They
// show who talks to whom. So only clients that have logged in, or that could see them anyway, may
// see them.
#pragma once

#include <functional>
#include <memory>

#include "core/base/result.h"
#include "exporters/http/body_stream.h"
#include "exporters/http/http_message.h"
#include "exporters/json/socket_query.h"

namespace connwatch {

/// Begins a search and returns the stream that its answer comes through. EBUSY means that the
/// client should ask again in a second. Called on HTTP threads.
using SocketSearchAction =
    std::function<Result<std::shared_ptr<BodyStream>>(const SocketQuery& query)>;

/// Returns true iff the client may see single sockets: if it has logged in, came over a unix
/// socket, or came over loopback without a proxy in between. The request must not be from a foreign
/// page (foreign_page.h).
bool MaySeeSockets(const HttpClient& client);

/// Returns 200 and a stream, 400 for a mistake in the query, 403 if the sender may not see sockets
/// or `action` is empty, 429 if another search is under way or there were too many, 503 if it
/// cannot be started.
HttpReply AnswerSockets(const HttpRequest& request, const SocketSearchAction& action);

}  // namespace connwatch
