#include "exporters/routes/incidents_reply.h"

#include <cerrno>
#include <utility>
#include <variant>

#include "exporters/http/accept_encoding.h"
#include "exporters/http/http_status.h"
#include "exporters/json/incident_query.h"
#include "exporters/json/json_reply.h"

namespace connwatch {

HttpReply AnswerIncidents(const HttpRequest& request, const IncidentReadAction& action) {
  if (!action) return ErrorReply(kServiceUnavailable, "nobody keeps incidents");
  auto query = ParseIncidentQuery(request.query);
  if (const auto* mistake = std::get_if<QueryMistake>(&query)) {
    return ErrorReply(kBadRequest, mistake->text, mistake->position);
  }
  const bool gzip = AcceptsGzip(request.accept_encoding);
  auto stream = action(std::get<IncidentQuery>(query), gzip);
  if (!stream) return NotNowReply(stream.error());
  HttpReply reply;
  reply.status = kOk;
  reply.content_type = "application/json";
  if (gzip) reply.content_encoding = "gzip";
  reply.stream = std::move(stream).value();
  return reply;
}

}  // namespace connwatch
