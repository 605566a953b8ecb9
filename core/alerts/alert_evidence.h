// What speaks for an alert at the moment it fires, gathered from the snapshot it fired on. Pure.
#pragma once

#include <string>

#include "core/alerts/alert.h"
#include "core/alerts/signal_reader.h"
#include "core/snapshot.h"

namespace connwatch {

/// The first cause in the diagnosis of the reading's listener but deferred_accept, which is no
/// trouble; empty where there is none and for other subjects.
std::string CauseOf(const SignalReading& reading);

/// `reading` is one of `signal` from `snapshot`. `recent` is there for signals of SYN queues.
AlertEvidence GatherEvidence(AlertSignal signal, const SignalReading& reading,
                             const Snapshot& snapshot);

}  // namespace connwatch
