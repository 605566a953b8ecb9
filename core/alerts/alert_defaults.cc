#include "core/alerts/alert_defaults.h"

#include <utility>

namespace connwatch {

namespace {

using namespace std::chrono_literals;

AlertThreshold Above(double value) { return {ThresholdSide::kAbove, value}; }
AlertThreshold Below(double value) { return {ThresholdSide::kBelow, value}; }

// Inbound handshakes that do not complete, and the limits that they meet.
std::vector<AlertRule> SynRules() {
  return {{.name = "SynRecvBacklogGrowth",
           .signal = AlertSignal::kListenerSynQueue,
           .threshold = Above(64),
           .growth = AlertGrowth{.per_second = 20, .over = 10s},
           .hold = 10s,
           .clear = {.level = 32, .hold = 90s},
           .severity = AlertSeverity::kCritical},
          {.name = "SynQueueNearlyFull",
           .signal = AlertSignal::kListenerSynQueueUtilization,
           .threshold = Above(0.8),
           .hold = 10s,
           .clear = {.level = 0.5, .hold = 90s},
           .severity = AlertSeverity::kWarning},
          {.name = "AcceptQueueNearlyFull",
           .signal = AlertSignal::kListenerAcceptQueueUtilization,
           .threshold = Above(0.8),
           .hold = 10s,
           .clear = {.level = 0.5, .hold = 90s},
           .severity = AlertSeverity::kCritical},
          {.name = "ReuseportImbalance",
           .signal = AlertSignal::kListenerAcceptQueueImbalance,
           .threshold = Above(3),
           .hold = 30s,
           .clear = {.level = 2, .hold = 60s},
           .severity = AlertSeverity::kWarning},
          {.name = "ListenerDropping",
           .signal = AlertSignal::kListenerDrops,
           .threshold = Above(1),
           .hold = 15s,
           .clear = {.hold = 15s},
           .severity = AlertSeverity::kWarning},
          {.name = "SynCookiesActive",
           .signal = AlertSignal::kSynCookiesSent,
           .threshold = Above(1),
           .hold = 15s,
           .clear = {.hold = 15s},
           .severity = AlertSeverity::kWarning}};
}

// Outbound connections that are not established.
std::vector<AlertRule> ConnectRules() {
  return {{.name = "ConnectsPending",
           .signal = AlertSignal::kSynSentRetransmitting,
           .threshold = Above(10),
           .hold = 30s,
           .clear = {.level = 5, .hold = 180s},
           .severity = AlertSeverity::kWarning},
          {.name = "ConnectFailures",
           .signal = AlertSignal::kUntracedAttemptFails,
           .threshold = Above(10),
           .hold = 60s,
           .clear = {.level = 5, .hold = 60s},
           .severity = AlertSeverity::kWarning}};
}

// Connects that are traced: how they end, and how long they take.
std::vector<AlertRule> TracedConnectRules() {
  return {{.name = "ConnectsRefused",
           .signal = AlertSignal::kConnectsRefusedRatio,
           .threshold = Above(0.5),
           .hold = 90s,
           .clear = {.level = 0.25, .hold = 60s},
           .severity = AlertSeverity::kWarning},
          {.name = "ConnectsTimingOut",
           .signal = AlertSignal::kConnectsTimedOutRatio,
           .threshold = Above(0.2),
           .hold = 90s,
           .clear = {.level = 0.1, .hold = 90s},
           .severity = AlertSeverity::kWarning},
          {.name = "ConnectsUnreachable",
           .signal = AlertSignal::kConnectsUnreachableRatio,
           .threshold = Above(0.2),
           .hold = 90s,
           .clear = {.level = 0.1, .hold = 60s},
           .severity = AlertSeverity::kWarning},
          {.name = "HandshakeLatencyDoubled",
           .signal = AlertSignal::kHandshakeLatencyGrowth,
           .threshold = Above(2),
           .hold = 120s,
           .clear = {.level = 1.5, .hold = 120s},
           .severity = AlertSeverity::kInfo},
          {.name = "SynRetransmissionsHigh",
           .signal = AlertSignal::kSynRetransmissionRatio,
           .threshold = Above(0.05),
           .hold = 120s,
           .clear = {.level = 0.03, .hold = 60s},
           .severity = AlertSeverity::kWarning}};
}

// Local ports, which connects run out of.
std::vector<AlertRule> PortRules() {
  return {{.name = "EphemeralPortsNearlyExhausted",
           .signal = AlertSignal::kEphemeralPortsUtilization,
           .threshold = Above(0.8),
           .hold = 30s,
           .clear = {.level = 0.7, .hold = 60s},
           .severity = AlertSeverity::kCritical},
          {.name = "SourcePortsNearlyExhausted",
           .signal = AlertSignal::kSourcePortsUtilization,
           .threshold = Above(0.8),
           .hold = 30s,
           .clear = {.level = 0.7, .hold = 60s},
           .severity = AlertSeverity::kCritical}};
}

// Limits of the whole host or of its packet filter.
std::vector<AlertRule> HostRules() {
  return {{.name = "TcpMemoryPressure",
           .signal = AlertSignal::kTcpMemoryUtilization,
           .threshold = Above(0.9),
           .hold = 30s,
           .clear = {.level = 0.75, .hold = 60s},
           .severity = AlertSeverity::kWarning},
          {.name = "OrphansNearLimit",
           .signal = AlertSignal::kOrphanUtilization,
           .threshold = Above(0.8),
           .hold = 60s,
           .clear = {.level = 0.7, .hold = 60s},
           .severity = AlertSeverity::kWarning},
          {.name = "ConntrackNearlyFull",
           .signal = AlertSignal::kConntrackUtilization,
           .threshold = Above(0.75),
           .hold = 30s,
           .clear = {.level = 0.7, .hold = 60s},
           .severity = AlertSeverity::kWarning},
          {.name = "ConntrackInsertFailed",
           .signal = AlertSignal::kConntrackInsertFailed,
           .threshold = Above(1),
           .hold = 15s,
           .clear = {.hold = 60s},
           .severity = AlertSeverity::kWarning}};
}

// States that get worse slowly.
std::vector<AlertRule> StateRules() {
  return {{.name = "TimeWaitNearLimit",
           .signal = AlertSignal::kTimeWaitUtilization,
           .threshold = Above(0.8),
           .hold = 60s,
           .clear = {.level = 0.7, .hold = 60s},
           .severity = AlertSeverity::kWarning},
          {.name = "RetransmitRateHigh",
           .signal = AlertSignal::kRetransmitRatio,
           .threshold = Above(0.05),
           .hold = 120s,
           .clear = {.level = 0.03, .hold = 60s},
           .severity = AlertSeverity::kWarning},
          {.name = "ConnectionsStalled",
           .signal = AlertSignal::kRetransmittingSockets,
           .threshold = Above(2),
           .hold = 30s,
           .clear = {.level = 1, .hold = 150s},
           .severity = AlertSeverity::kWarning},
          {.name = "CloseWaitLeak",
           .signal = AlertSignal::kCloseWaitSockets,
           .threshold = Above(200),
           .hold = 600s,
           .clear = {.level = 100, .hold = 60s},
           .severity = AlertSeverity::kWarning},
          {.name = "RttHigh",
           .signal = AlertSignal::kRttSeconds,
           .threshold = Above(0.25),
           .hold = 300s,
           .clear = {.level = 0.2, .hold = 120s},
           .severity = AlertSeverity::kInfo,
           .enabled = false}};
}

// Numbers of connwatch itself that are wrong or old.
std::vector<AlertRule> MonitorRules() {
  return {{.name = "TotalsNotExact",
           .signal = AlertSignal::kTotalsExact,
           .threshold = Below(1),
           .severity = AlertSeverity::kWarning},
          {.name = "DestroyEventsAbsent",
           .signal = AlertSignal::kDestroyEventsAbsent,
           .threshold = Above(0),
           .severity = AlertSeverity::kWarning,
           .enabled = false},
          {.name = "DestroyEventsLost",
           .signal = AlertSignal::kDestroyEventOverruns,
           .threshold = Above(0),
           .severity = AlertSeverity::kWarning,
           .enabled = false},
          {.name = "MonitorStale",
           .signal = AlertSignal::kMonitorAgeSeconds,
           .threshold = Above(30),
           .severity = AlertSeverity::kCritical}};
}

}  // namespace

std::vector<AlertRule> DefaultAlertRules() {
  std::vector<AlertRule> rules = SynRules();
  for (auto* more :
       {ConnectRules, TracedConnectRules, PortRules, HostRules, StateRules, MonitorRules}) {
    for (AlertRule& rule : more()) rules.push_back(std::move(rule));
  }
  return rules;
}

}  // namespace connwatch
