#include "exporters/http/http_message.h"

#include <utility>

#include "exporters/http/http_status.h"

namespace connwatch {

HttpReply BodyReply(unsigned status, std::string_view content_type, std::string body) {
  HttpReply reply;
  reply.status = status;
  reply.content_type = content_type;
  reply.body = std::make_shared<const std::string>(std::move(body));
  return reply;
}

HttpReply PageReply(std::string_view content_type, RenderedBody body) {
  HttpReply reply;
  reply.status = kOk;
  reply.content_type = content_type;
  if (body.is_gzipped) reply.content_encoding = "gzip";
  reply.body = std::move(body.text);
  return reply;
}

HttpReply TextReply(unsigned status, std::string text) {
  return BodyReply(status, "text/plain; charset=utf-8", std::move(text));
}

}  // namespace connwatch
