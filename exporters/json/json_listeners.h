// A listener as JSON, as two answers show it. Only for the .cc files that write JSON.
#pragma once

#include "core/listeners/diagnose.h"
#include "core/listeners/listener.h"
#include "exporters/json/json_values.h"

namespace connwatch {

/// With its queues, its diagnosis and the numbers behind it. `scope`: whose rates these include.
Json ToJson(const Listener& listener, RateScope scope);

/// The listeners without a place.
Json FoldedListeners(const ListenerList& list);

}  // namespace connwatch
