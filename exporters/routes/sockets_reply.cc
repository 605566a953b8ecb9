#include "exporters/routes/sockets_reply.h"

#include <optional>
#include <string>
#include <variant>

#include "exporters/http/client_address.h"
#include "exporters/http/http_status.h"
#include "exporters/json/json_reply.h"

namespace connwatch {

bool MaySeeSockets(const HttpClient& client) {
  return client.has_logged_in || client.address == kUnixClient ||
         (IsLoopback(client.address) && !client.is_forwarded);
}

HttpReply AnswerSockets(const HttpRequest& request, const SocketSearchAction& action) {
  if (!action) return ErrorReply(kForbidden, "not enabled: set sockets_api: true below web:");
  if (!MaySeeSockets(request.client)) {
    return ErrorReply(
        kForbidden,
        "this path answers only over a unix socket, over loopback without a proxy, or if "
        " --web.config.file has users or requires client certificates");
  }
  auto query = ParseSocketQuery(request.query);
  if (const auto* mistake = std::get_if<QueryMistake>(&query)) {
    return ErrorReply(kBadRequest, mistake->text, mistake->position);
  }
  auto stream = action(std::get<SocketQuery>(query));
  if (!stream) return NotNowReply(stream.error());
  HttpReply reply;
  reply.status = kOk;
  reply.content_type = "application/json";
  reply.stream = std::move(stream).value();
  return reply;
}

}  // namespace connwatch
