#include "core/alerts/alert_signal.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace connwatch {

namespace {

using namespace std::chrono_literals;

// The window of rates is long enough that one poll does not decide, and short enough to see a flood
// at its third second. The window of ratios is six full polls. Rates of what should never happen
// have it too, so that a single event is seen for a minute.
constexpr std::chrono::seconds kRateWindow = 10s;
constexpr std::chrono::seconds kRatioWindow = 60s;

// A share of fewer connects than this says little: two of three may be refused by chance.
constexpr double kMinConnects = 10;

constexpr std::array kSpecs = std::to_array<AlertSignalSpec>({
    {AlertSignal::kListenerSynQueue, "listener_syn_queue", SubjectKind::kListener,
     SignalForm::kLevel, SignalUnit::kCount, Tier::kHandshakes, 0s, 0,
     "Handshakes without a final ACK (SYN-RECV)."},
    {AlertSignal::kListenerSynQueueUtilization, "listener_syn_queue_utilization",
     SubjectKind::kListener, SignalForm::kLevel, SignalUnit::kShare, Tier::kHandshakes, 0s, 0,
     "Share of the SYN queue's limit that is in use. Absent if the limit is below 4."},
    {AlertSignal::kListenerAcceptQueueUtilization, "listener_accept_queue_utilization",
     SubjectKind::kListener, SignalForm::kLevel, SignalUnit::kShare, Tier::kListeners, 0s, 0,
     "Share of the fullest socket's accept queue that is in use now. The queue holds its limit and "
     "one more."},
    {AlertSignal::kListenerAcceptQueuePeakUtilization, "listener_accept_queue_peak_utilization",
     SubjectKind::kListener, SignalForm::kLevel, SignalUnit::kShare, Tier::kListeners, 0s, 0,
     "The maximum of this share over `peak_window`."},
    {AlertSignal::kListenerDrops, "listener_drops", SubjectKind::kListener, SignalForm::kRate,
     SignalUnit::kPerSecond, Tier::kListeners, kRateWindow, 0,
     "SYNs and final ACKs that the listener refused."},
    {AlertSignal::kSynCookiesSent, "syn_cookies_sent", SubjectKind::kHost, SignalForm::kRate,
     SignalUnit::kPerSecond, Tier::kHandshakes, kRateWindow, 0,
     "SYN cookies sent (TcpExt SyncookiesSent)."},
    {AlertSignal::kAttemptFails, "attempt_fails", SubjectKind::kHost, SignalForm::kRate,
     SignalUnit::kPerSecond, Tier::kHandshakes, kRateWindow, 0,
     "Handshakes that failed: refused or given up (Tcp AttemptFails)."},
    {AlertSignal::kUntracedAttemptFails, "untraced_attempt_fails", SubjectKind::kHost,
     SignalForm::kRate, SignalUnit::kPerSecond, Tier::kHandshakes, kRateWindow, 0,
     "The same, but absent while handshakes are traced, because the signals of traced connects say "
     "more."},
    {AlertSignal::kSynSentRetransmitting, "syn_sent_retransmitting", SubjectKind::kGroup,
     SignalForm::kLevel, SignalUnit::kCount, Tier::kHandshakes, 0s, 0,
     "Outbound handshakes whose SYN was sent again."},
    {AlertSignal::kConnectsRefusedRatio, "connects_refused_ratio", SubjectKind::kGroup,
     SignalForm::kRatio, SignalUnit::kShare, Tier::kHandshakes, kRatioWindow, kMinConnects,
     "Of the connects that ended, the share that was refused. Absent below 10 connects in the "
     "window."},
    {AlertSignal::kConnectsTimedOutRatio, "connects_timed_out_ratio", SubjectKind::kGroup,
     SignalForm::kRatio, SignalUnit::kShare, Tier::kHandshakes, kRatioWindow, kMinConnects,
     "Of the connects that ended, the share that the kernel gave up without an answer. Absent "
     "below 10 connects in the window."},
    {AlertSignal::kConnectsUnreachableRatio, "connects_unreachable_ratio", SubjectKind::kGroup,
     SignalForm::kRatio, SignalUnit::kShare, Tier::kHandshakes, kRatioWindow, kMinConnects,
     "Of the connects that ended, the share that met an ICMP error or no neighbour "
     "(`unreachable`). Absent below 10 connects in the window."},
    {AlertSignal::kHandshakeLatencyGrowth, "handshake_latency_growth", SubjectKind::kGroup,
     SignalForm::kLevel, SignalUnit::kFactor, Tier::kHandshakes, 0s, 0,
     "Median latency of the connects of the latest minute or two, divided by that of the hour "
     "before. At most 1 if the median grew by less than 2 ms. Absent if either time has fewer than "
     "20 connects."},
    {AlertSignal::kSynRetransmissionRatio, "syn_retransmission_ratio", SubjectKind::kGroup,
     SignalForm::kRatio, SignalUnit::kShare, Tier::kHandshakes, kRatioWindow, 20,
     "Of the SYNs of the connects that ended, the share that was sent again. Absent below 20 SYNs "
     "in the window."},
    {AlertSignal::kEphemeralPortsUtilization, "ephemeral_ports_utilization", SubjectKind::kHost,
     SignalForm::kLevel, SignalUnit::kShare, Tier::kFull, 0s, 0,
     "Share of the ports for outbound connections that the busiest destination uses."},
    {AlertSignal::kSourcePortsUtilization, "source_ports_utilization", SubjectKind::kHost,
     SignalForm::kLevel, SignalUnit::kShare, Tier::kFull, 0s, 0,
     "Share of the ports for outbound connections that sockets of the busiest source address use, "
     "all destinations together."},
    {AlertSignal::kTimeWaitUtilization, "time_wait_utilization", SubjectKind::kHost,
     SignalForm::kLevel, SignalUnit::kShare, Tier::kHandshakes, 0s, 0,
     "TIME-WAIT sockets as a share of the limit tcp_max_tw_buckets."},
    {AlertSignal::kRetransmitRatio, "retransmit_ratio", SubjectKind::kGroup, SignalForm::kRatio,
     SignalUnit::kShare, Tier::kFull, kRatioWindow, 200,
     "Share of sent segments that are retransmissions of payload, so no SYN. Absent below 200 "
     "segments in the window."},
    {AlertSignal::kCloseWaitSockets, "close_wait_sockets", SubjectKind::kGroup, SignalForm::kLevel,
     SignalUnit::kCount, Tier::kFull, 0s, 0,
     "Sockets in CLOSE-WAIT: the peer has closed, the application has not."},
    {AlertSignal::kRttSeconds, "rtt_seconds", SubjectKind::kGroup, SignalForm::kRatio,
     SignalUnit::kSeconds, Tier::kFull, kRatioWindow, 10,
     "Mean round-trip time of established sockets. Absent below 10 observations in the window."},
    {AlertSignal::kReceiveQueueBytes, "receive_queue_bytes", SubjectKind::kGroup,
     SignalForm::kLevel, SignalUnit::kBytes, Tier::kFull, 0s, 0,
     "Bytes that have arrived and that the applications have not read yet."},
    {AlertSignal::kSendQueueBytes, "send_queue_bytes", SubjectKind::kGroup, SignalForm::kLevel,
     SignalUnit::kBytes, Tier::kFull, 0s, 0,
     "Bytes that the peers have not acknowledged yet, sent or not."},
    {AlertSignal::kRetransmittingSockets, "retransmitting_sockets", SubjectKind::kGroup,
     SignalForm::kLevel, SignalUnit::kCount, Tier::kFull, 0s, 0,
     "Outbound connections with data that was sent again at least twice and that the peer has not "
     "acknowledged."},
    {AlertSignal::kListenerAcceptQueueImbalance, "listener_accept_queue_imbalance",
     SubjectKind::kListener, SignalForm::kLevel, SignalUnit::kFactor, Tier::kListeners, 0s, 0,
     "Of a listener with several sockets (SO_REUSEPORT): the connections that wait in the fullest "
     "one, divided by the mean of the others, or by 1 if that is less. At most 1 below 8 "
     "connections in the fullest one. Absent with one socket."},
    {AlertSignal::kTcpMemoryUtilization, "tcp_memory_utilization", SubjectKind::kHost,
     SignalForm::kLevel, SignalUnit::kShare, Tier::kHandshakes, 0s, 0,
     "Memory of all TCP sockets as a share of the second number of tcp_mem, at which the kernel "
     "begins to save memory."},
    {AlertSignal::kOrphanUtilization, "orphan_utilization", SubjectKind::kHost, SignalForm::kLevel,
     SignalUnit::kShare, Tier::kHandshakes, 0s, 0,
     "Sockets that no process holds any more as a share of the limit tcp_max_orphans."},
    {AlertSignal::kConntrackUtilization, "conntrack_utilization", SubjectKind::kHost,
     SignalForm::kLevel, SignalUnit::kShare, Tier::kHandshakes, 0s, 0,
     "Entries of the connection tracking table as a share of the limit nf_conntrack_max."},
    {AlertSignal::kConntrackInsertFailed, "conntrack_insert_failed", SubjectKind::kHost,
     SignalForm::kRate, SignalUnit::kPerSecond, Tier::kHandshakes, kRateWindow, 0,
     "Packets dropped because connection tracking could not insert their entry (insert_failed)."},
    {AlertSignal::kTotalsExact, "totals_exact", SubjectKind::kHost, SignalForm::kLevel,
     SignalUnit::kCount, Tier::kHandshakes, 0s, 0,
     "1 while no connection is missing in the totals, else 0 "
     "(`connwatch_totals_exact`)."},
    {AlertSignal::kDestroyEventsAbsent, "destroy_events_absent", SubjectKind::kHost,
     SignalForm::kRate, SignalUnit::kShare, Tier::kHandshakes, kRatioWindow, 0,
     "Share of the time in which no destroy events came although they are switched on."},
    {AlertSignal::kDestroyEventOverruns, "destroy_event_overruns", SubjectKind::kHost,
     SignalForm::kRate, SignalUnit::kPerSecond, Tier::kHandshakes, kRatioWindow, 0,
     "Times that destroy events were lost because their buffer was full."},
    {AlertSignal::kMonitorAgeSeconds, "monitor_age_seconds", SubjectKind::kHost, SignalForm::kLevel,
     SignalUnit::kSeconds, std::nullopt, 0s, 0,
     "How late the most overdue tier of polls is: the age of its last success minus its "
     "interval."},
});

static_assert([] {
  for (std::size_t i = 0; i < kSpecs.size(); ++i) {
    if (static_cast<std::size_t>(kSpecs[i].id) != i) return false;
  }
  return true;
}());

}  // namespace

std::span<const AlertSignalSpec> AlertSignals() { return kSpecs; }

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
    case SignalUnit::kFactor:
      return "factor";
  }
  return "unknown";
}

std::string FormatValue(SignalUnit unit, double value) {
  // Writes a few decimals, and none if they are 0. The number is short, whatever was measured.
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
    case SignalUnit::kFactor:
      return number + " x";
  }
  return number;
}

std::string AgeText(std::chrono::duration<double> age) {
  return FormatValue(SignalUnit::kSeconds, std::round(age.count() * 10) / 10);
}

}  // namespace connwatch
