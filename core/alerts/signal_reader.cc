#include "core/alerts/signal_reader.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <numeric>

namespace connwatch {

namespace {

using Readings = std::vector<SignalReading>;

template <typename Number>
std::optional<double> ToDouble(const std::optional<Number>& number) {
  if (!number) return std::nullopt;
  return static_cast<double>(*number);
}

// nullopt if either is not known, or if the limit is 0, which means that there is none.
std::optional<double> ShareOf(std::optional<double> part, std::optional<double> whole) {
  if (!part || !whole || *whole <= 0) return std::nullopt;
  return *part / *whole;
}

Readings OfHost(std::optional<double> value) { return {{.subject = "host", .value = value}}; }

/// Calls `fill` with each listener's status and the reading to complete. `netns` is nullptr for the
/// host's own network namespace.
template <typename Fill>
void AppendListeners(const ListenerList& list, const NetworkNamespace* netns, Fill fill,
                     Readings& readings) {
  for (const Listener& listener : list.listeners) {
    SignalReading& reading = readings.emplace_back();
    reading.subject = netns == nullptr ? listener.Name() : SubjectOf(*netns, listener);
    reading.listener = &listener;
    reading.netns = netns;
    fill(listener.status, reading);
  }
}

/// The same for the listeners of every network namespace.
template <typename Fill>
Readings OfListeners(const Snapshot& snapshot, Fill fill) {
  Readings readings;
  if (snapshot.listeners) AppendListeners(*snapshot.listeners, nullptr, fill, readings);
  if (!snapshot.namespaces) return readings;
  for (const NetworkNamespace& netns : snapshot.namespaces->shown) {
    AppendListeners(netns.counts.listeners, &netns, fill, readings);
  }
  return readings;
}

/// Calls `fill` with the key of each group and direction; `fill` adds to the group's reading.
template <typename Fill>
Readings OfGroups(const Snapshot& snapshot, Fill fill) {
  Readings readings;
  readings.reserve(snapshot.groups.size());
  for (const ShownGroup& group : snapshot.groups) {
    SignalReading& reading = readings.emplace_back();
    reading.subject = group.name;
    reading.value = 0;
    for (const Direction direction : kDirections) fill(GroupKey{direction, group.id}, reading);
  }
  return readings;
}

// Calls `fill` with the key of each group that connects. No readings if handshakes are not traced.
template <typename Fill>
Readings OfConnects(const Snapshot& snapshot, Fill fill) {
  Readings readings;
  if (!snapshot.handshakes) return readings;
  for (const ShownGroup& group : snapshot.groups) {
    if (!group.directions.at(IndexOf(Direction::kOutbound))) continue;
    SignalReading& reading = readings.emplace_back();
    reading.subject = group.name;
    fill(GroupKey{Direction::kOutbound, group.id}, reading);
  }
  return readings;
}

SynVerdict VerdictOn(const Diagnosis& diagnosis) {
  if (diagnosis.Has(DiagnosisCause::kDeferredAccept)) return SynVerdict::kInnocent;
  if (diagnosis.Has(DiagnosisCause::kSynFlood) || diagnosis.Has(DiagnosisCause::kReturnPathLoss)) {
    return SynVerdict::kTrouble;
  }
  return SynVerdict::kOpen;
}

Readings ReadSynQueue(const Snapshot& snapshot) {
  return OfListeners(snapshot, [](const ListenerStatus& status, SignalReading& reading) {
    reading.verdict = VerdictOn(status.diagnosis);
    reading.value = static_cast<double>(status.syn_queue.length);
  });
}

Readings ReadSynQueueUtilization(const Snapshot& snapshot) {
  return OfListeners(snapshot, [](const ListenerStatus& status, SignalReading& reading) {
    reading.verdict = VerdictOn(status.diagnosis);
    reading.value = status.SynQueueUtilization();
  });
}

Readings ReadAcceptQueueUtilization(const Snapshot& snapshot) {
  return OfListeners(snapshot, [](const ListenerStatus& status, SignalReading& reading) {
    reading.value = status.accept_queue.Utilization();
  });
}

Readings ReadAcceptQueuePeakUtilization(const Snapshot& snapshot) {
  return OfListeners(snapshot, [](const ListenerStatus& status, SignalReading& reading) {
    reading.value = status.accept_queue.PeakUtilization();
  });
}

Readings ReadAcceptQueueImbalance(const Snapshot& snapshot) {
  return OfListeners(snapshot, [](const ListenerStatus& status, SignalReading& reading) {
    reading.value = status.accept_queue.ImbalanceRatio();
  });
}

Readings ReadDrops(const Snapshot& snapshot) {
  return OfListeners(snapshot, [](const ListenerStatus& status, SignalReading& reading) {
    reading.value = static_cast<double>(status.drops);
  });
}

Readings ReadCounter(const Snapshot& snapshot, KernelCounterId id) {
  if (!snapshot.kernel.counters) return OfHost(std::nullopt);
  return OfHost(ToDouble((*snapshot.kernel.counters)[id]));
}

Readings ReadUntracedAttemptFails(const Snapshot& snapshot) {
  if (snapshot.handshakes) return {};
  return ReadCounter(snapshot, KernelCounterId::kAttemptFails);
}

Readings ReadPendingConnects(const Snapshot& snapshot) {
  Readings readings;
  if (!snapshot.pending_connects) return readings;
  for (const ShownGroup& group : snapshot.groups) {
    const auto pending = snapshot.pending_connects->by_group.find(group.id);
    if (pending == snapshot.pending_connects->by_group.end()) continue;
    readings.push_back(
        {.subject = group.name, .value = static_cast<double>(pending->second.retransmitting)});
  }
  return readings;
}

Readings ReadOutcomes(AlertSignal signal, const Snapshot& snapshot) {
  return OfConnects(snapshot, [&](GroupKey key, SignalReading& reading) {
    const HandshakeCounts& counts = snapshot.handshakes->totals[key];
    reading.value = static_cast<double>(ContributionTo(signal, counts));
    reading.per = static_cast<double>(counts.Total());
  });
}

Readings ReadSynRetransmissions(const Snapshot& snapshot) {
  return OfConnects(snapshot, [&](GroupKey key, SignalReading& reading) {
    const HandshakeCounts& counts = snapshot.handshakes->totals[key];
    const std::uint64_t without_syn =
        counts.Of(HandshakeOutcome::kNoRoute) + counts.Of(HandshakeOutcome::kNoPort);
    reading.value =
        static_cast<double>(ContributionTo(AlertSignal::kSynRetransmissionRatio, counts));
    reading.per = static_cast<double>(counts.Total() - without_syn + counts.syn_retransmissions);
  });
}

std::optional<double> GrowthOf(const std::optional<LatencyTrend>& trend) {
  if (!trend || trend->before.count() <= 0) return std::nullopt;
  const double factor = trend->now / trend->before;
  // Without a value an alert would freeze instead of ending.
  return trend->now - trend->before < kLeastLatencyGrowth ? std::min(factor, 1.0) : factor;
}

Readings ReadLatencyGrowth(const Snapshot& snapshot) {
  return OfConnects(snapshot, [&](GroupKey key, SignalReading& reading) {
    reading.value = GrowthOf(snapshot.handshakes->trends[key]);
  });
}

Readings ReadEphemeralPorts(const Snapshot& snapshot) {
  if (!snapshot.sockets || !snapshot.kernel.limits) return OfHost(std::nullopt);
  return OfHost(ShareOf(static_cast<double>(snapshot.sockets->ports_used_peak_destination),
                        ToDouble(snapshot.kernel.limits->ephemeral_ports_available)));
}

Readings ReadSourcePorts(const Snapshot& snapshot) {
  if (!snapshot.sockets || !snapshot.kernel.limits) return OfHost(std::nullopt);
  return OfHost(ShareOf(ToDouble(snapshot.sockets->ports_used_peak_source),
                        ToDouble(snapshot.kernel.limits->ephemeral_ports_available)));
}

Readings ReadTimeWait(const Snapshot& snapshot) {
  if (!snapshot.kernel.sockets || !snapshot.kernel.limits) return OfHost(std::nullopt);
  return OfHost(ShareOf(ToDouble(snapshot.kernel.sockets->time_wait),
                        ToDouble(snapshot.kernel.limits->time_wait_limit)));
}

Readings ReadTcpMemory(const Snapshot& snapshot) {
  if (!snapshot.kernel.sockets || !snapshot.kernel.limits) return OfHost(std::nullopt);
  return OfHost(ShareOf(ToDouble(snapshot.kernel.sockets->memory_pages),
                        ToDouble(snapshot.kernel.limits->memory_pages_pressure)));
}

Readings ReadOrphans(const Snapshot& snapshot) {
  if (!snapshot.kernel.sockets || !snapshot.kernel.limits) return OfHost(std::nullopt);
  return OfHost(ShareOf(ToDouble(snapshot.kernel.sockets->orphans),
                        ToDouble(snapshot.kernel.limits->orphan_limit)));
}

Readings ReadConntrack(const Snapshot& snapshot) {
  const ConntrackStats& conntrack = snapshot.kernel.conntrack;
  return OfHost(ShareOf(ToDouble(conntrack.entries), ToDouble(conntrack.entries_limit)));
}

Readings ReadDestroyEventsAbsent(const Snapshot& snapshot) {
  return OfHost(std::chrono::duration<double>(snapshot.destroy_events.absent).count());
}

Readings ReadRetransmissions(const Snapshot& snapshot) {
  return OfGroups(snapshot, [&](GroupKey key, SignalReading& reading) {
    const ConnectionUsage& usage = snapshot.traffic[key].usage;
    *reading.value += static_cast<double>(usage.segments_retransmitted);
    reading.per += static_cast<double>(usage.segments_sent);
  });
}

Readings ReadRtt(const Snapshot& snapshot) {
  return OfGroups(snapshot, [&](GroupKey key, SignalReading& reading) {
    const DurationHistogram& rtt = snapshot.totals.rtt[key];
    const auto counts = rtt.bucket_counts();
    *reading.value += std::chrono::duration<double>(rtt.sum()).count();
    reading.per +=
        static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}));
  });
}

// Outbound only: a public server always has clients that vanish without a word.
Readings ReadRetransmittingSockets(const Snapshot& snapshot) {
  if (!snapshot.sockets) return {};
  return OfGroups(snapshot, [&](GroupKey key, SignalReading& reading) {
    if (key.direction != Direction::kOutbound) return;
    *reading.value = static_cast<double>(snapshot.sockets->groups[key].retransmitting);
  });
}

template <typename Level>
Readings ReadLevels(const Snapshot& snapshot, Level level) {
  if (!snapshot.sockets) return {};
  return OfGroups(snapshot, [&](GroupKey key, SignalReading& reading) {
    *reading.value += static_cast<double>(std::invoke(level, snapshot.sockets->groups[key]));
  });
}

}  // namespace

std::string SubjectOf(const NetworkNamespace& netns, const Listener& listener) {
  return netns.identity.name + "/" + listener.Name();
}

std::uint64_t ContributionTo(AlertSignal signal, const HandshakeCounts& counts) {
  if (signal == AlertSignal::kConnectsRefusedRatio) return counts.Of(HandshakeOutcome::kRefused);
  if (signal == AlertSignal::kConnectsTimedOutRatio) return counts.Of(HandshakeOutcome::kTimedOut);
  if (signal == AlertSignal::kConnectsUnreachableRatio) {
    return counts.Of(HandshakeOutcome::kUnreachable);
  }
  if (signal == AlertSignal::kSynRetransmissionRatio) return counts.syn_retransmissions;
  if (signal == AlertSignal::kHandshakeLatencyGrowth) {
    return static_cast<std::uint64_t>(counts.latency.sum().count());
  }
  return counts.Failed();
}

Readings Read(AlertSignal signal, const Snapshot& snapshot, const PollAges& ages) {
  switch (signal) {
    case AlertSignal::kListenerSynQueue:
      return ReadSynQueue(snapshot);
    case AlertSignal::kListenerSynQueueUtilization:
      return ReadSynQueueUtilization(snapshot);
    case AlertSignal::kListenerAcceptQueueUtilization:
      return ReadAcceptQueueUtilization(snapshot);
    case AlertSignal::kListenerAcceptQueuePeakUtilization:
      return ReadAcceptQueuePeakUtilization(snapshot);
    case AlertSignal::kListenerDrops:
      return ReadDrops(snapshot);
    case AlertSignal::kSynCookiesSent:
      return ReadCounter(snapshot, KernelCounterId::kSyncookiesSent);
    case AlertSignal::kAttemptFails:
      return ReadCounter(snapshot, KernelCounterId::kAttemptFails);
    case AlertSignal::kUntracedAttemptFails:
      return ReadUntracedAttemptFails(snapshot);
    case AlertSignal::kSynSentRetransmitting:
      return ReadPendingConnects(snapshot);
    case AlertSignal::kConnectsRefusedRatio:
    case AlertSignal::kConnectsTimedOutRatio:
    case AlertSignal::kConnectsUnreachableRatio:
      return ReadOutcomes(signal, snapshot);
    case AlertSignal::kHandshakeLatencyGrowth:
      return ReadLatencyGrowth(snapshot);
    case AlertSignal::kSynRetransmissionRatio:
      return ReadSynRetransmissions(snapshot);
    case AlertSignal::kEphemeralPortsUtilization:
      return ReadEphemeralPorts(snapshot);
    case AlertSignal::kSourcePortsUtilization:
      return ReadSourcePorts(snapshot);
    case AlertSignal::kTimeWaitUtilization:
      return ReadTimeWait(snapshot);
    case AlertSignal::kRetransmitRatio:
      return ReadRetransmissions(snapshot);
    case AlertSignal::kCloseWaitSockets:
      return ReadLevels(snapshot, [](const GroupLevels& levels) {
        return levels.states.at(IndexOf(TcpState::kCloseWait));
      });
    case AlertSignal::kRttSeconds:
      return ReadRtt(snapshot);
    case AlertSignal::kReceiveQueueBytes:
      return ReadLevels(snapshot, &GroupLevels::receive_queue_bytes);
    case AlertSignal::kSendQueueBytes:
      return ReadLevels(snapshot, &GroupLevels::send_queue_bytes);
    case AlertSignal::kRetransmittingSockets:
      return ReadRetransmittingSockets(snapshot);
    case AlertSignal::kListenerAcceptQueueImbalance:
      return ReadAcceptQueueImbalance(snapshot);
    case AlertSignal::kTcpMemoryUtilization:
      return ReadTcpMemory(snapshot);
    case AlertSignal::kOrphanUtilization:
      return ReadOrphans(snapshot);
    case AlertSignal::kConntrackUtilization:
      return ReadConntrack(snapshot);
    case AlertSignal::kConntrackInsertFailed:
      return OfHost(ToDouble(snapshot.kernel.conntrack.insert_failed));
    case AlertSignal::kTotalsExact:
      return OfHost(snapshot.totals_gaps.AreExact() ? 1.0 : 0.0);
    case AlertSignal::kDestroyEventsAbsent:
      return ReadDestroyEventsAbsent(snapshot);
    case AlertSignal::kDestroyEventOverruns:
      return OfHost(static_cast<double>(snapshot.destroy_events.overruns));
    case AlertSignal::kMonitorAgeSeconds:
      return OfHost(ages.Overdue() ? std::optional(ages.Overdue()->count()) : std::nullopt);
  }
  return {};
}

}  // namespace connwatch
