// Gathers the facts that speak for an alert on connects: where they go, which units make them, and
// how they end. Where handshakes are not traced, only the pending ones are known. Pure.
#pragma once

#include <string>

#include "core/alerts/alert.h"
#include "core/alerts/alert_signal.h"
#include "core/alerts/top_counts.h"
#include "core/snapshot.h"

namespace connwatch {

/// Returns true iff the signal is about connects of this host: their outcomes, their latency, or
/// those that are pending.
bool IsOfConnects(AlertSignal signal);

/// Returns how much each unit contributes to the signal (ContributionTo), as far as that is known.
/// IsOfConnects(signal) must be true. Empty if the kernel does not say which connects failed.
NamedCounts UnitsOfConnects(AlertSignal signal, const std::string& subject,
                            const Snapshot& snapshot);

/// IsOfConnects(signal) must be true. `subject` is the group, or "host". Only connects in the
/// host's own network namespace are evidence, because the signals count no others.
AlertEvidence EvidenceOfConnects(AlertSignal signal, const std::string& subject,
                                 const Snapshot& snapshot);

}  // namespace connwatch
