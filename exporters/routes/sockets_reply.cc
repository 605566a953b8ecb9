#include "exporters/routes/sockets_reply.h"

#include <cerrno>
#include <optional>
#include <string>
#include <variant>

#include "core/base/ip_address.h"
#include "exporters/http/http_status.h"
#include "exporters/json/json_reply.h"

namespace connwatch {

namespace {

bool IsLoopback(std::string_view address) {
  const auto parsed = IpAddress::Parse(address);
  return parsed && parsed->IsLoopback();
}

// "192.0.2.1:10177" -> "192.0.2.1", "[::1]:10177" -> "::1".
std::string_view WithoutPort(std::string_view host) {
  const std::size_t bracket = host.find(']');
  if (host.starts_with('[') && bracket != std::string_view::npos)
    return host.substr(1, bracket - 1);
  return host.substr(0, host.rfind(':'));
}

bool IsNoForeignName(std::string_view host) {
  const std::string_view name = WithoutPort(host);
  return host.empty() || name == "localhost" || IpAddress::Parse(name);
}

HttpReply NotNow(const Error& error) {
  if (error.code != EBUSY) return ErrorReply(kServiceUnavailable, error.context);
  HttpReply reply = ErrorReply(kTooManyRequests, error.context);
  reply.headers.push_back({"Retry-After", "1"});
  return reply;
}

}  // namespace

bool MaySeeSockets(const HttpRequest& request) {
  const HttpClient& client = request.client;
  return client.has_logged_in || client.address == "unix" ||
         (IsLoopback(client.address) && !client.is_forwarded && IsNoForeignName(request.host));
}

HttpReply AnswerSockets(const HttpRequest& request, const SocketSearchAction& action) {
  if (!action) return ErrorReply(kForbidden, "not enabled: set sockets_api: true below web:");
  if (!MaySeeSockets(request)) {
    return ErrorReply(
        kForbidden,
        "this path answers only over a unix socket, over loopback (as localhost or an IP address), "
        "or if --web.config.file has users or requires client certificates");
  }
  auto query = ParseSocketQuery(request.query);
  if (const auto* mistake = std::get_if<QueryMistake>(&query)) {
    return ErrorReply(kBadRequest, mistake->text, mistake->position);
  }
  auto stream = action(std::get<SocketQuery>(query));
  if (!stream) return NotNow(stream.error());
  HttpReply reply;
  reply.status = kOk;
  reply.content_type = "application/json";
  reply.stream = std::move(stream).value();
  return reply;
}

}  // namespace connwatch
