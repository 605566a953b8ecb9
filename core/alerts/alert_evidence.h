// Gathers the facts that speak for an alert at the moment it fires, from the snapshot that made it
// fire. Pure.
#pragma once

#include <optional>
#include <string>

#include "core/alerts/alert.h"
#include "core/alerts/signal_reader.h"
#include "core/base/instant.h"
#include "core/snapshot.h"

namespace connwatch {

/// What a diagnosis found about a listener.
struct FoundCause {
  std::string name;         // the first cause, the value of the `cause` label
  std::string explanation;  // of every cause, with the numbers of that moment
  MonotonicTime at;
};

/// Returns what the diagnosis of the reading's listener finds. Leaves out deferred_accept, which is
/// no trouble. nullopt if there is no cause, or if the subject is no listener.
std::optional<FoundCause> FindCause(const SignalReading& reading, MonotonicTime now);

/// Returns the systemd unit or container that the trouble belongs to: the listener's, or the one
/// that contributes more than half. Empty if there is none.
std::string OwnerOf(AlertSignal signal, const SignalReading& reading, const Snapshot& snapshot);

/// A reading that makes an alert fire, and what is known beyond the snapshot it is from.
struct FiringReading {
  AlertSignal signal = {};
  const SignalReading& reading;
  /// The signal's value, over its window.
  std::optional<double> value;
  /// A cause that was found within that window; nullptr if there is none.
  const FoundCause* cause = nullptr;
  MonotonicTime now;
};

/// The reading must be from `snapshot`. AlertEvidence::recent is filled only for signals of SYN
/// queues.
AlertEvidence GatherEvidence(const FiringReading& fires, const Snapshot& snapshot);

}  // namespace connwatch
