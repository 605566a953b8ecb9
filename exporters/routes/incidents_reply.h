// "/api/v1/incidents": alerts that have fired. They are read from the disk by a thread of their
// own, so the answer comes as a stream.
#pragma once

#include <functional>
#include <memory>

#include "core/base/result.h"
#include "core/incidents/incident.h"
#include "exporters/http/body_stream.h"
#include "exporters/http/http_message.h"

namespace connwatch {

/// Begins to read incidents and returns the stream that the answer comes through: JSON, compressed
/// if `gzip` is true. EBUSY means that the client should ask again in a second. Called on HTTP
/// threads.
using IncidentReadAction =
    std::function<Result<std::shared_ptr<BodyStream>>(const IncidentQuery& query, bool gzip)>;

/// Returns 200 and a stream, 400 for a mistake in the query, 429 if too many requests wait for the
/// disk, 503 if nobody keeps incidents.
HttpReply AnswerIncidents(const HttpRequest& request, const IncidentReadAction& action);

}  // namespace connwatch
