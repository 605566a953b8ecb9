// Incidents as JSON: the documents that are kept of them, and the answer of /api/v1/incidents.
// Pure; may run on any thread.
#pragma once

#include <optional>
#include <string>

#include "core/alerts/alert.h"
#include "core/base/instant.h"
#include "core/history/recent_history.h"
#include "core/incidents/incident.h"

namespace connwatch {

/// What is kept of a firing alert, or of one that has ended: Incident::document.
std::string DescribeIncident(const Alert& alert, const std::optional<Instant>& ended);
/// What is kept of a sample: IncidentSample::document.
std::string DescribeSample(const HistorySample& sample);

/// The answer to `query`. A document that cannot be read any more is left out of its entry.
std::string RenderIncidents(const IncidentPage& page, const IncidentQuery& query);

}  // namespace connwatch
