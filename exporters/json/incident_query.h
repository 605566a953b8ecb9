// The query of /api/v1/incidents.
#pragma once

#include <string_view>
#include <variant>

#include "core/incidents/incident.h"
#include "exporters/http/query.h"

namespace connwatch {

/// Parses "since=2026-11-29T03:00:00Z&severity=critical". Times are RFC 3339 or seconds since 1970.
/// Returns the first mistake, if there is one. docs/api.md has the table of the parameters.
std::variant<IncidentQuery, QueryMistake> ParseIncidentQuery(std::string_view text);

}  // namespace connwatch
