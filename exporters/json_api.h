// What /api/v1/ answers: a Snapshot as JSON. Fields carry their unit in their name and stand in a
// fixed order; docs/api.md has an example of each answer.
#pragma once

#include <string>

#include "core/snapshot.h"

namespace connwatch {

/// The pending outbound handshakes, the oldest first; nullopt before the first complete poll of the
/// handshakes tier.
std::optional<std::string> RenderHandshakes(const Snapshot& snapshot);

/// The pending and the firing alerts, with what spoke for the latter; nullopt before they were
/// judged.
std::optional<std::string> RenderAlerts(const Snapshot& snapshot);

}  // namespace connwatch
