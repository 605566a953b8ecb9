// The numbers that alerts can watch: each is a named number per subject, read from a Snapshot. This
// is the only table of them; a test compares docs/alerts.md with it. Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/polling/tier.h"

namespace connwatch {

enum class AlertSignal : std::uint8_t {
  kListenerSynQueue,
  kListenerSynQueueUtilization,
  kListenerAcceptQueueUtilization,
  kListenerAcceptQueuePeakUtilization,
  kListenerDrops,
  kSynCookiesSent,
  kAttemptFails,
  kUntracedAttemptFails,
  kSynSentRetransmitting,
  kConnectsRefusedRatio,
  kConnectsTimedOutRatio,
  kConnectsUnreachableRatio,
  kHandshakeLatencyGrowth,
  kSynRetransmissionRatio,
  kEphemeralPortsUtilization,
  kSourcePortsUtilization,
  kTimeWaitUtilization,
  kRetransmitRatio,
  kCloseWaitSockets,
  kRttSeconds,
  kReceiveQueueBytes,
  kSendQueueBytes,
  kRetransmittingSockets,
  kListenerAcceptQueueImbalance,
  kTcpMemoryUtilization,
  kOrphanUtilization,
  kConntrackUtilization,
  kConntrackInsertFailed,
  kTotalsExact,
  kDestroyEventsAbsent,
  kDestroyEventOverruns,
  kMonitorAgeSeconds,
};

/// A median of handshakes that grew by less than this has not grown, whatever its factor is: over
/// loopback 30 us may become 100 us because the host is busy.
inline constexpr std::chrono::milliseconds kLeastLatencyGrowth{2};

/// What a signal is about. It has one number for the host (subject "host"), for each listener
/// (subject: its address), or for each group (subject: its name). A signal of a group counts both
/// directions together, unless it is about connects, which are outbound, or says otherwise.
enum class SubjectKind : std::uint8_t { kHost, kListener, kGroup };

/// How a signal is computed. A level is the number itself. A rate is how much a counter grows per
/// second, by measured time. A ratio is the growth of one counter divided by the growth of another.
/// Rates and ratios are taken over the signal's window.
enum class SignalForm : std::uint8_t { kLevel, kRate, kRatio };

enum class SignalUnit : std::uint8_t { kCount, kPerSecond, kShare, kSeconds, kBytes, kFactor };

std::string_view Name(SubjectKind kind);
std::string_view Name(SignalForm form);
/// "count", "per second", "share", "seconds", "bytes", "factor".
std::string_view Name(SignalUnit unit);

struct AlertSignalSpec {
  AlertSignal id;
  std::string_view name;
  SubjectKind subject;
  SignalForm form;
  SignalUnit unit;
  std::optional<Tier> tier;     // whose polls it comes from; absent: the health of all polls
  std::chrono::seconds window;  // 0 for a level
  double min_per;               // of a ratio: unknown if the second counter grew by less; but a
                                // share is 0 if the first one did not grow at all
  std::string_view meaning;
};

/// All signals, in the order of their ids.
std::span<const AlertSignalSpec> AlertSignals();

const AlertSignalSpec& SpecOf(AlertSignal signal);
std::string_view Name(AlertSignal signal);

/// For people: "64", "12.5/s", "83 %", "0.25 s", "65536 bytes", "2.3 x".
std::string FormatValue(SignalUnit unit, double value);

/// For people: "12.5 s". Rounded to a tenth of a second, because polls cannot measure an age any
/// better.
std::string AgeText(std::chrono::duration<double> age);

}  // namespace connwatch
