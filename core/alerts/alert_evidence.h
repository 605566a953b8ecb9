// Gathers the facts that speak for an alert at the moment it fires, from the snapshot that made it
// fire. Pure.
#pragma once

#include <string>

#include "core/alerts/alert.h"
#include "core/alerts/signal_reader.h"
#include "core/snapshot.h"

namespace connwatch {

/// Returns the first cause in the diagnosis of the reading's listener. Skips deferred_accept, which
/// is no trouble. Empty if there is no cause, or if the subject is no listener.
std::string CauseOf(const SignalReading& reading);

/// `reading` must be a reading of `signal` from `snapshot`. AlertEvidence::recent is filled only
/// for signals of SYN queues.
AlertEvidence GatherEvidence(AlertSignal signal, const SignalReading& reading,
                             const Snapshot& snapshot);

}  // namespace connwatch
