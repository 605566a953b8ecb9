// The families of the metrics page about traced handshakes: how they ended and how long they took,
// by group, and how far these numbers can be trusted.
#pragma once

#include <vector>

#include "core/snapshot.h"
#include "exporters/metrics/metric_families.h"

namespace connwatch {

/// Returns the outcomes that a family shows for this direction. One that this host cannot see is
/// not among them, because its 0 would say that it never happens.
std::vector<HandshakeOutcome> OutcomesOf(Direction direction, const TracingStatus& tracing);

/// Adds no family if handshakes are not traced.
void AddHandshakes(MetricFamilies& families, const Snapshot& snapshot);

/// Adds only connwatch_handshake_tracing_in_use if handshakes are not traced.
void AddHandshakeTracing(MetricFamilies& families, const TracingStatus& tracing);

}  // namespace connwatch
