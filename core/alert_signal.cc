#include "core/alert_signal.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <numeric>

namespace connwatch {

namespace {

using namespace std::chrono_literals;
using Readings = std::vector<SignalReading>;

// Rates: long enough that one poll does not decide, short enough to see a flood at its third
// second. Ratios: six full polls.
constexpr std::chrono::seconds kRateWindow = 10s;
constexpr std::chrono::seconds kRatioWindow = 60s;

constexpr std::array kSpecs = std::to_array<AlertSignalSpec>({
    {AlertSignal::kListenerSynQueue, "listener_syn_queue", SubjectKind::kListener,
     SignalForm::kLevel, SignalUnit::kCount, Tier::kHandshakes, 0s, 0,
     "Handshakes without a final ACK (SYN-RECV)."},
    {AlertSignal::kListenerSynQueueUtilization, "listener_syn_queue_utilization",
     SubjectKind::kListener, SignalForm::kLevel, SignalUnit::kShare, Tier::kHandshakes, 0s, 0,
     "Of the SYN queue's limit, what is in use. Absent where the limit is below 4."},
    {AlertSignal::kListenerAcceptQueueUtilization, "listener_accept_queue_utilization",
     SubjectKind::kListener, SignalForm::kLevel, SignalUnit::kShare, Tier::kListeners, 0s, 0,
     "Of what the accept queue holds (its limit and one more per socket), what is in use now."},
    {AlertSignal::kListenerAcceptQueuePeakUtilization, "listener_accept_queue_peak_utilization",
     SubjectKind::kListener, SignalForm::kLevel, SignalUnit::kShare, Tier::kListeners, 0s, 0,
     "The same of its peak over `peak_window`."},
    {AlertSignal::kListenerDrops, "listener_drops", SubjectKind::kListener, SignalForm::kRate,
     SignalUnit::kPerSecond, Tier::kListeners, kRateWindow, 0,
     "SYNs and final ACKs that the listener's sockets dropped."},
    {AlertSignal::kSynCookiesSent, "syn_cookies_sent", SubjectKind::kHost, SignalForm::kRate,
     SignalUnit::kPerSecond, Tier::kHandshakes, kRateWindow, 0,
     "SYN cookies sent (TcpExt SyncookiesSent)."},
    {AlertSignal::kAttemptFails, "attempt_fails", SubjectKind::kHost, SignalForm::kRate,
     SignalUnit::kPerSecond, Tier::kHandshakes, kRateWindow, 0,
     "Handshakes that failed: refused or given up (Tcp AttemptFails)."},
    {AlertSignal::kSynSentRetransmitting, "syn_sent_retransmitting", SubjectKind::kGroup,
     SignalForm::kLevel, SignalUnit::kCount, Tier::kHandshakes, 0s, 0,
     "Outbound handshakes whose SYN was sent again."},
    {AlertSignal::kEphemeralPortsUtilization, "ephemeral_ports_utilization", SubjectKind::kHost,
     SignalForm::kLevel, SignalUnit::kShare, Tier::kFull, 0s, 0,
     "Of the ports for outbound connections, what the busiest destination has in use."},
    {AlertSignal::kTimeWaitUtilization, "time_wait_utilization", SubjectKind::kHost,
     SignalForm::kLevel, SignalUnit::kShare, Tier::kHandshakes, 0s, 0,
     "TIME-WAIT sockets of the limit tcp_max_tw_buckets."},
    {AlertSignal::kRetransmitRatio, "retransmit_ratio", SubjectKind::kGroup, SignalForm::kRatio,
     SignalUnit::kShare, Tier::kFull, kRatioWindow, 200,
     "Segments retransmitted of those sent. Absent below 200 segments in the window."},
    {AlertSignal::kCloseWaitSockets, "close_wait_sockets", SubjectKind::kGroup, SignalForm::kLevel,
     SignalUnit::kCount, Tier::kFull, 0s, 0,
     "Sockets in CLOSE-WAIT: the peer has closed, the application has not."},
    {AlertSignal::kRttSeconds, "rtt_seconds", SubjectKind::kGroup, SignalForm::kRatio,
     SignalUnit::kSeconds, Tier::kFull, kRatioWindow, 10,
     "Mean round-trip time of established sockets. Absent below 10 observations in the window."},
    {AlertSignal::kReceiveQueueBytes, "receive_queue_bytes", SubjectKind::kGroup,
     SignalForm::kLevel, SignalUnit::kBytes, Tier::kFull, 0s, 0,
     "Bytes that wait to be read by the applications."},
    {AlertSignal::kSendQueueBytes, "send_queue_bytes", SubjectKind::kGroup, SignalForm::kLevel,
     SignalUnit::kBytes, Tier::kFull, 0s, 0, "Bytes not acknowledged or not sent yet."},
    {AlertSignal::kMonitorAgeSeconds, "monitor_age_seconds", SubjectKind::kHost, SignalForm::kLevel,
     SignalUnit::kSeconds, std::nullopt, 0s, 0,
     "By how much the most overdue tier of polls is: the age of its last success less its "
     "interval."},
});

static_assert([] {
  for (std::size_t i = 0; i < kSpecs.size(); ++i) {
    if (static_cast<std::size_t>(kSpecs[i].id) != i) return false;
  }
  return true;
}());

template <typename Number>
std::optional<double> ToDouble(const std::optional<Number>& number) {
  if (!number) return std::nullopt;
  return static_cast<double>(*number);
}

// Absent where either is not known, or the limit is 0: then there is none to be near.
std::optional<double> ShareOf(std::optional<double> part, std::optional<double> whole) {
  if (!part || !whole || *whole <= 0) return std::nullopt;
  return *part / *whole;
}

Readings OfHost(std::optional<double> value) { return {{.subject = "host", .value = value}}; }

/// `fill` is given each listener's status and the reading to complete.
template <typename Fill>
Readings OfListeners(const Snapshot& snapshot, Fill fill) {
  Readings readings;
  if (!snapshot.listeners) return readings;
  readings.reserve(snapshot.listeners->listeners.size());
  for (const Listener& listener : snapshot.listeners->listeners) {
    SignalReading& reading = readings.emplace_back();
    reading.subject = listener.address.ToString();
    reading.listener = &listener;
    fill(listener.status, reading);
  }
  return readings;
}

/// `fill` is given the key of each group and direction and adds to the group's reading.
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

SynVerdict VerdictOn(const Diagnosis& diagnosis) {
  if (diagnosis.Has(DiagnosisCause::kDeferredAccept)) return SynVerdict::kInnocent;
  if (diagnosis.Has(DiagnosisCause::kSynFlood) || diagnosis.Has(DiagnosisCause::kReturnPathLoss)) {
    return SynVerdict::kTrouble;
  }
  return SynVerdict::kOpen;
}

Readings ReadSynQueue(const Snapshot& snapshot, bool as_share) {
  return OfListeners(snapshot, [as_share](const ListenerStatus& status, SignalReading& reading) {
    const auto length = static_cast<double>(status.syn_queue.length);
    const std::uint64_t limit = status.accept_queue.limit;
    reading.verdict = VerdictOn(status.diagnosis);
    if (!as_share) reading.value = length;
    if (as_share && limit >= kMinSynQueueLimit) {
      reading.value = length / static_cast<double>(limit);
    }
  });
}

// kernel: sk_acceptq_is_full() is `length > limit`: each socket takes one more than its limit. This
// makes a full queue 100 % whatever the limit is, 0 included.
Readings ReadAcceptQueue(const Snapshot& snapshot, std::uint64_t AcceptQueue::*length) {
  return OfListeners(snapshot, [length](const ListenerStatus& status, SignalReading& reading) {
    const AcceptQueue& queue = status.accept_queue;
    reading.value = ShareOf(static_cast<double>(queue.*length),
                            static_cast<double>(queue.limit + queue.sockets));
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

Readings ReadEphemeralPorts(const Snapshot& snapshot) {
  if (!snapshot.sockets || !snapshot.kernel.limits) return OfHost(std::nullopt);
  return OfHost(ShareOf(static_cast<double>(snapshot.sockets->ports_used_peak_destination),
                        ToDouble(snapshot.kernel.limits->ephemeral_ports_available)));
}

Readings ReadTimeWait(const Snapshot& snapshot) {
  if (!snapshot.kernel.sockets || !snapshot.kernel.limits) return OfHost(std::nullopt);
  return OfHost(ShareOf(ToDouble(snapshot.kernel.sockets->time_wait),
                        ToDouble(snapshot.kernel.limits->time_wait_limit)));
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

template <typename Level>
Readings ReadLevels(const Snapshot& snapshot, Level level) {
  if (!snapshot.sockets) return {};
  return OfGroups(snapshot, [&](GroupKey key, SignalReading& reading) {
    *reading.value += static_cast<double>(level(snapshot.sockets->groups[key]));
  });
}

}  // namespace

const std::array<AlertSignalSpec, kSpecs.size()>& AlertSignals() { return kSpecs; }

const AlertSignalSpec& SpecOf(AlertSignal signal) {
  return kSpecs.at(static_cast<std::size_t>(signal));
}

std::string_view Name(AlertSignal signal) { return SpecOf(signal).name; }

std::string_view Name(SubjectKind kind) {
  switch (kind) {
    case SubjectKind::kHost:
      return "host";
    case SubjectKind::kListener:
      return "listener";
    case SubjectKind::kGroup:
      return "group";
  }
  return "unknown";
}

std::string_view Name(SignalForm form) {
  switch (form) {
    case SignalForm::kLevel:
      return "level";
    case SignalForm::kRate:
      return "rate";
    case SignalForm::kRatio:
      return "ratio";
  }
  return "unknown";
}

std::string_view Name(SignalUnit unit) {
  switch (unit) {
    case SignalUnit::kCount:
      return "count";
    case SignalUnit::kPerSecond:
      return "per second";
    case SignalUnit::kShare:
      return "share";
    case SignalUnit::kSeconds:
      return "seconds";
    case SignalUnit::kBytes:
      return "bytes";
  }
  return "unknown";
}

Readings Read(AlertSignal signal, const Snapshot& snapshot, const PollAges& ages) {
  switch (signal) {
    case AlertSignal::kListenerSynQueue:
      return ReadSynQueue(snapshot, /*as_share=*/false);
    case AlertSignal::kListenerSynQueueUtilization:
      return ReadSynQueue(snapshot, /*as_share=*/true);
    case AlertSignal::kListenerAcceptQueueUtilization:
      return ReadAcceptQueue(snapshot, &AcceptQueue::length);
    case AlertSignal::kListenerAcceptQueuePeakUtilization:
      return ReadAcceptQueue(snapshot, &AcceptQueue::peak);
    case AlertSignal::kListenerDrops:
      return ReadDrops(snapshot);
    case AlertSignal::kSynCookiesSent:
      return ReadCounter(snapshot, KernelCounterId::kSyncookiesSent);
    case AlertSignal::kAttemptFails:
      return ReadCounter(snapshot, KernelCounterId::kAttemptFails);
    case AlertSignal::kSynSentRetransmitting:
      return ReadPendingConnects(snapshot);
    case AlertSignal::kEphemeralPortsUtilization:
      return ReadEphemeralPorts(snapshot);
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
      return ReadLevels(snapshot,
                        [](const GroupLevels& levels) { return levels.receive_queue_bytes; });
    case AlertSignal::kSendQueueBytes:
      return ReadLevels(snapshot,
                        [](const GroupLevels& levels) { return levels.send_queue_bytes; });
    case AlertSignal::kMonitorAgeSeconds:
      return OfHost(ages.Overdue() ? std::optional(ages.Overdue()->count()) : std::nullopt);
  }
  return {};
}

std::string FormatValue(SignalUnit unit, double value) {
  // A few decimals, none where they are 0; short whatever was measured.
  constexpr double kLargest = 1e15;
  const double precision = unit == SignalUnit::kSeconds ? 10'000 : 100;
  const double scaled = unit == SignalUnit::kShare ? value * 100 : value;
  const double finite = std::isfinite(scaled) ? std::clamp(scaled, -kLargest, kLargest) : 0;
  // Adding 0 turns -0 into 0.
  const double shown = std::round(finite * precision) / precision + 0.0;
  std::array<char, 40> buffer{};
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), shown, std::chars_format::fixed);
  std::string number(buffer.data(), end.ptr);
  switch (unit) {
    case SignalUnit::kCount:
      return number;
    case SignalUnit::kPerSecond:
      return number + "/s";
    case SignalUnit::kShare:
      return number + " %";
    case SignalUnit::kSeconds:
      return number + " s";
    case SignalUnit::kBytes:
      return number + " bytes";
  }
  return number;
}

}  // namespace connwatch
