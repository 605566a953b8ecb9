// How the JSON API shows a destination of connects.
#pragma once

#include "core/handshakes/handshakes.h"
#include "exporters/json/json_values.h"

namespace connwatch {

/// Its connects of the last minutes, with the outcomes given. What is not known is null.
Json ToJson(const Destination& destination, Json outcomes);

}  // namespace connwatch
