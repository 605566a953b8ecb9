// The numbers that alerts can watch: each a named number per subject, read from a Snapshot. The one
// table of them; docs/alerts.md is held to it. Pure.
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
  kSynSentRetransmitting,
  kEphemeralPortsUtilization,
  kTimeWaitUtilization,
  kRetransmitRatio,
  kCloseWaitSockets,
  kRttSeconds,
  kReceiveQueueBytes,
  kSendQueueBytes,
  kMonitorAgeSeconds,
};

/// What has one number each: the host (subject "host"), a listener (its address), a group (its
/// name, both directions together).
enum class SubjectKind : std::uint8_t { kHost, kListener, kGroup };

/// What is read: a level is the number itself; a rate is what a counter grows by in a second, and a
/// ratio what one counter grows by for each that another does. The last two by measured time, over
/// the signal's window.
enum class SignalForm : std::uint8_t { kLevel, kRate, kRatio };

enum class SignalUnit : std::uint8_t { kCount, kPerSecond, kShare, kSeconds, kBytes };

std::string_view Name(SubjectKind kind);
std::string_view Name(SignalForm form);
/// "count", "per second", "share", "seconds", "bytes".
std::string_view Name(SignalUnit unit);

struct AlertSignalSpec {
  AlertSignal id;
  std::string_view name;
  SubjectKind subject;
  SignalForm form;
  SignalUnit unit;
  std::optional<Tier> tier;     // whose polls it comes from; absent: from their health
  std::chrono::seconds window;  // 0 for a level
  double min_per;               // of a ratio: growth of the second counter to say anything
  std::string_view meaning;
};

/// All signals, in the order of their ids.
std::span<const AlertSignalSpec> AlertSignals();

const AlertSignalSpec& SpecOf(AlertSignal signal);
std::string_view Name(AlertSignal signal);

/// For people: "64", "12.5/s", "83 %", "0.25 s", "65536 bytes".
std::string FormatValue(SignalUnit unit, double value);

}  // namespace connwatch
