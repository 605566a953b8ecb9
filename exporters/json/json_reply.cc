#include "exporters/json/json_reply.h"

#include <cerrno>
#include <string_view>
#include <utility>

#include "exporters/http/http_status.h"
#include "exporters/json/json_api.h"

namespace connwatch {

namespace {

constexpr std::string_view kJson = "application/json";

}  // namespace

HttpReply JsonReply(RenderedBody json) { return PageReply(kJson, std::move(json)); }

HttpReply ErrorReply(unsigned status, const std::string& text,
                     std::optional<std::size_t> position) {
  return BodyReply(status, kJson, RenderError(text, position));
}

HttpReply NotNowReply(const Error& error) {
  if (error.code != EBUSY) return ErrorReply(kServiceUnavailable, error.context);
  HttpReply reply = ErrorReply(kTooManyRequests, error.context);
  reply.headers.push_back({"Retry-After", "1"});
  return reply;
}

}  // namespace connwatch
