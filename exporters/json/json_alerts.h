// Alerts as JSON: for /api/v1/alerts, and for the incidents that are kept of them.
#pragma once

#include <optional>
#include <string>

#include "core/alerts/alert.h"
#include "exporters/json/json_values.h"

namespace connwatch {

/// A pending or a firing alert as it is now.
Json AlertToJson(const Alert& alert);

}  // namespace connwatch
