// What /api/v1/ answers: a Report as JSON. Fields carry their unit in their name and stand in a
// fixed order; docs/api.md has an example of each answer. Pure; may run on any thread.
//
// A function returns nullopt if the poll that it needs has not been made yet.
#pragma once

#include <optional>
#include <string>

#include "core/base/instant.h"
#include "core/report.h"
#include "exporters/http/query.h"

namespace connwatch {

/// Sockets by state and family.
std::optional<std::string> RenderStates(const Snapshot& snapshot);

/// The listeners of the daemon's own network namespace by address, each with its queues, its
/// diagnosis and the numbers behind it.
std::optional<std::string> RenderListeners(const Snapshot& snapshot, const Paging& paging);

/// The other network namespaces by name, each with its sockets, listeners and traffic. If the
/// source of sockets does not see them, the answer says so and why.
std::optional<std::string> RenderNamespaces(const Snapshot& snapshot, const Paging& paging);

/// The pending outbound handshakes, the oldest first, and what the tracing of handshakes has found:
/// how they ended, by group and by destination.
std::optional<std::string> RenderHandshakes(const Snapshot& snapshot, const Paging& paging);

/// Each group and direction: sockets, queues, traffic, round-trip times.
std::optional<std::string> RenderGroups(const Snapshot& snapshot, const Paging& paging);

/// The pending and the firing alerts, the latter with their evidence.
std::optional<std::string> RenderAlerts(const Report& report, const Paging& paging);

/// The last ten minutes, the oldest sample first.
std::optional<std::string> RenderHistory(const Report& report);

/// How far the numbers can be trusted, and what they cost. Ages are computed at `now`.
std::string RenderStatus(const Report& report, Instant now);

/// {"error": text}, with the position of the mistake if it is one in the query.
std::string RenderError(const std::string& text, std::optional<std::size_t> position = {});

}  // namespace connwatch
