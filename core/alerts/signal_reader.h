// Reads the signals of alerts from a Snapshot: one reading for every subject there is. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/alerts/alert_signal.h"
#include "core/polling/poll_ages.h"
#include "core/snapshot.h"

namespace connwatch {

/// What the diagnosis says about a listener's SYN queue.
enum class SynVerdict : std::uint8_t {
  kOpen,      // it says nothing about the queue
  kInnocent,  // deferred_accept: a long queue is how it works
  kTrouble,   // syn_flood or return_path_loss: handshakes do not complete
};

struct SignalReading {
  std::string subject;
  /// A level, or the counter that a rate or a ratio is made of. nullopt if it is not known, never 0
  /// instead. Always finite.
  std::optional<double> value = std::nullopt;
  /// For a ratio: the counter that `value` is divided by.
  double per = 0;
  /// Only for signals of SYN queues.
  SynVerdict verdict = SynVerdict::kOpen;
  /// The subject, if it is a listener, else nullptr. Valid as long as the snapshot.
  const Listener* listener = nullptr;
  /// The listener's network namespace. nullptr if it is the host's own, and for other subjects.
  const NetworkNamespace* netns = nullptr;
};

/// Returns the subject of a listener in another network namespace than the host's own:
/// "web/0.0.0.0:443". The name of a listener never has a slash, so no listener of the host's own
/// namespace has the same subject.
std::string SubjectOf(const NetworkNamespace& netns, const Listener& listener);

/// Returns what connects contribute to a signal: how many have the outcome that it counts, how many
/// SYNs were sent again (for kSynRetransmissionRatio), the nanoseconds that the handshakes took
/// together (for kHandshakeLatencyGrowth), or, for any other signal, how many failed.
std::uint64_t ContributionTo(AlertSignal signal, const HandshakeCounts& counts);

/// Returns one reading for each subject, in the order of the snapshot. The listeners of the host's
/// own network namespace come first, then those of each namespace in Snapshot::namespaces. The
/// readings mean nothing before the first poll of the signal's tier. `ages` must have observed the
/// snapshot.
std::vector<SignalReading> Read(AlertSignal signal, const Snapshot& snapshot, const PollAges& ages);

}  // namespace connwatch
