#include "core/alerts/alert_defaults.h"

#include <map>
#include <string>
#include <utility>

namespace connwatch {

namespace {

using namespace std::chrono_literals;

AlertThreshold Above(double value) { return {ThresholdSide::kAbove, value}; }

std::map<std::string, std::string> Summary(std::string text) {
  return {{"summary", std::move(text)}};
}

// Inbound handshakes that do not complete, and the limits that they meet.
std::vector<AlertRule> SynRules() {
  return {{.name = "SynRecvBacklogGrowth",
           .signal = AlertSignal::kListenerSynQueue,
           .threshold = Above(64),
           .growth = AlertGrowth{.per_second = 20, .over = 10s},
           .hold = 10s,
           .clear = {.level = 32, .hold = 30s},
           .severity = AlertSeverity::kCritical,
           .annotations = Summary("{{subject}}: {{value}} handshakes do not complete ({{cause}})")},
          {.name = "SynQueueNearlyFull",
           .signal = AlertSignal::kListenerSynQueueUtilization,
           .threshold = Above(0.8),
           .hold = 10s,
           .clear = {.level = 0.5, .hold = 30s},
           .severity = AlertSeverity::kWarning,
           .annotations = Summary("{{subject}}: SYN queue {{value}} full ({{cause}})")},
          {.name = "AcceptQueueNearlyFull",
           .signal = AlertSignal::kListenerAcceptQueueUtilization,
           .threshold = Above(0.8),
           .hold = 10s,
           .clear = {.level = 0.5, .hold = 30s},
           .severity = AlertSeverity::kCritical,
           .annotations = Summary("{{subject}}: accept queue {{value}} full, the application "
                                  "accepts too slowly ({{cause}})")},
          {.name = "ListenerDropping",
           .signal = AlertSignal::kListenerDrops,
           .threshold = Above(1),
           .hold = 15s,
           .clear = {.hold = 60s},
           .severity = AlertSeverity::kWarning,
           .annotations = Summary("{{subject}}: {{value}} SYNs or ACKs dropped ({{cause}})")},
          {.name = "SynCookiesActive",
           .signal = AlertSignal::kSynCookiesSent,
           .threshold = Above(1),
           .hold = 15s,
           .clear = {.hold = 60s},
           .severity = AlertSeverity::kWarning,
           .annotations = Summary("{{value}} SYN cookies sent: a SYN queue is at its limit and "
                                  "its length no longer shows the load")}};
}

// Outbound connections that are not established.
std::vector<AlertRule> ConnectRules() {
  return {{.name = "ConnectsPending",
           .signal = AlertSignal::kSynSentRetransmitting,
           .threshold = Above(10),
           .hold = 30s,
           .clear = {.level = 5, .hold = 60s},
           .severity = AlertSeverity::kWarning,
           .annotations = Summary("{{subject}}: {{value}} connects without an answer: a packet "
                                  "filter, an asymmetric route or a dead peer")},
          {.name = "ConnectFailures",
           .signal = AlertSignal::kUntracedAttemptFails,
           .threshold = Above(10),
           .hold = 60s,
           .clear = {.level = 5, .hold = 60s},
           .severity = AlertSeverity::kWarning,
           .annotations = Summary("{{value}} handshakes refused or given up")}};
}

// Connects that are traced: how they end, and how long they take.
std::vector<AlertRule> TracedConnectRules() {
  return {
      {.name = "ConnectsRefused",
       .signal = AlertSignal::kConnectsRefusedRatio,
       .threshold = Above(0.5),
       .hold = 90s,
       .clear = {.level = 0.25, .hold = 60s},
       .severity = AlertSeverity::kWarning,
       .annotations = Summary("{{subject}}: {{value}} of the connects are refused: nothing "
                              "listens at the destination, or a firewall rejects them")},
      {.name = "ConnectsTimingOut",
       .signal = AlertSignal::kConnectsTimedOutRatio,
       .threshold = Above(0.2),
       .hold = 90s,
       .clear = {.level = 0.1, .hold = 60s},
       .severity = AlertSeverity::kWarning,
       .annotations = Summary("{{subject}}: {{value}} of the connects never get an answer: the "
                              "destination is down, or a packet filter drops them")},
      {.name = "ConnectsUnreachable",
       .signal = AlertSignal::kConnectsUnreachableRatio,
       .threshold = Above(0.2),
       .hold = 90s,
       .clear = {.level = 0.1, .hold = 60s},
       .severity = AlertSeverity::kWarning,
       .annotations = Summary("{{subject}}: {{value}} of the connects find no way to their "
                              "destination: a router has no route, a host is down, or a firewall "
                              "rejects them")},
      {.name = "HandshakeLatencyDoubled",
       .signal = AlertSignal::kHandshakeLatencyGrowth,
       .threshold = Above(2),
       .hold = 120s,
       .clear = {.level = 1.5, .hold = 120s},
       .severity = AlertSeverity::kInfo,
       .annotations = Summary("{{subject}}: connects take {{value}} as long as in the hour "
                              "before")},
      {.name = "SynRetransmissionsHigh",
       .signal = AlertSignal::kSynRetransmissionRatio,
       .threshold = Above(0.05),
       .hold = 120s,
       .clear = {.level = 0.03, .hold = 120s},
       .severity = AlertSeverity::kWarning,
       .annotations = Summary("{{subject}}: {{value}} of the SYNs had to be sent again: "
                              "packets get lost on the way, or destinations do not "
                              "answer")}};
}

// Local ports, which connects run out of.
std::vector<AlertRule> PortRules() {
  return {{.name = "EphemeralPortsNearlyExhausted",
           .signal = AlertSignal::kEphemeralPortsUtilization,
           .threshold = Above(0.8),
           .hold = 30s,
           .clear = {.level = 0.7, .hold = 60s},
           .severity = AlertSeverity::kCritical,
           .annotations = Summary("{{value}} of the local ports towards one destination in use: "
                                  "connects there will fail soon")},
          {.name = "SourcePortsNearlyExhausted",
           .signal = AlertSignal::kSourcePortsUtilization,
           .threshold = Above(0.8),
           .hold = 30s,
           .clear = {.level = 0.7, .hold = 60s},
           .severity = AlertSeverity::kCritical,
           .annotations = Summary("{{value}} of the local ports of one source address in use: "
                                  "bind() to any port before connect() will fail soon")}};
}

// Limits that are reached and states that get worse slowly.
std::vector<AlertRule> StateRules() {
  return {{.name = "TimeWaitNearLimit",
           .signal = AlertSignal::kTimeWaitUtilization,
           .threshold = Above(0.8),
           .hold = 60s,
           .clear = {.level = 0.7, .hold = 60s},
           .severity = AlertSeverity::kWarning,
           .annotations = Summary("TIME-WAIT sockets at {{value}} of tcp_max_tw_buckets")},
          {.name = "RetransmitRateHigh",
           .signal = AlertSignal::kRetransmitRatio,
           .threshold = Above(0.05),
           .hold = 120s,
           .clear = {.level = 0.03, .hold = 120s},
           .severity = AlertSeverity::kWarning,
           .annotations = Summary("{{subject}}: {{value}} of the segments retransmitted")},
          {.name = "CloseWaitLeak",
           .signal = AlertSignal::kCloseWaitSockets,
           .threshold = Above(200),
           .hold = 600s,
           .clear = {.level = 100, .hold = 60s},
           .severity = AlertSeverity::kWarning,
           .annotations = Summary("{{subject}}: {{value}} sockets that the peer has closed and "
                                  "the application has not")},
          {.name = "RttHigh",
           .signal = AlertSignal::kRttSeconds,
           .threshold = Above(0.25),
           .hold = 300s,
           .clear = {.level = 0.2, .hold = 120s},
           .severity = AlertSeverity::kInfo,
           .annotations = Summary("{{subject}}: mean round-trip time {{value}}"),
           .enabled = false}};
}

// Numbers of connwatch itself that are wrong or old.
std::vector<AlertRule> MonitorRules() {
  return {
      {.name = "DestroyEventsAbsent",
       .signal = AlertSignal::kDestroyEventsAbsent,
       .threshold = Above(0),
       .severity = AlertSeverity::kWarning,
       .annotations = Summary("connwatch was not told which connections ended for {{value}} of "
                              "the last minute: totals of bytes, segments and closed "
                              "connections are too low")},
      {.name = "DestroyEventsLost",
       .signal = AlertSignal::kDestroyEventOverruns,
       .threshold = Above(0),
       .severity = AlertSeverity::kWarning,
       .annotations = Summary("connwatch lost ends of connections in the last minute: totals of "
                              "bytes, segments and closed connections are too low; increase "
                              "destroy_event_buffer")},
      {.name = "MonitorStale",
       .signal = AlertSignal::kMonitorAgeSeconds,
       .threshold = Above(30),
       .severity = AlertSeverity::kCritical,
       .annotations = Summary("connwatch cannot read the sockets: its data is {{value}} "
                              "overdue, and every other alert is frozen")}};
}

}  // namespace

std::vector<AlertRule> DefaultAlertRules() {
  std::vector<AlertRule> rules = SynRules();
  for (auto* more : {ConnectRules, TracedConnectRules, PortRules, StateRules, MonitorRules}) {
    for (AlertRule& rule : more()) rules.push_back(std::move(rule));
  }
  return rules;
}

}  // namespace connwatch
