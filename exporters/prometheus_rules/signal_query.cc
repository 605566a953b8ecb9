#include "exporters/prometheus_rules/signal_query.h"

#include <algorithm>
#include <vector>

#include "core/listeners/listener.h"
#include "exporters/prometheus_rules/prometheus_text.h"

namespace connwatch {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kScrapesPerWindow = 4;
constexpr std::chrono::minutes kRecent{2};

// Connects that have ended. `matcher` is empty, or ends with a comma.
std::string EndedConnects(std::string_view matcher) {
  return R"(sum without (direction, outcome) (increase(connwatch_handshakes_total{)"
         R"(direction="outbound",)" +
         std::string(matcher) + "<match>}[<window>]))";
}

std::string OutcomeShare(std::string_view matcher) {
  return EndedConnects(matcher) + "\n/ (" + EndedConnects("") + " >= <min>)";
}

std::string SynRetransmissionShare() {
  const std::string repeated =
      "sum without (direction)"
      " (increase(connwatch_handshake_syn_retransmissions_total{direction=\"outbound\",<match>}"
      "[<window>]))";
  // The others have sent no SYN.
  const std::string first = EndedConnects(R"(outcome!~"no_route|no_port",)");
  return repeated + "\n/ (" + first + "\n  + " + repeated + " >= <min>)";
}

std::string MedianLatency(std::string_view range) {
  return "histogram_quantile(0.5, sum without (direction)"
         " (rate(connwatch_handshake_duration_seconds_bucket{direction=\"outbound\",<match>}" +
         std::string(range) + ")))";
}

std::string EnoughLatencies(std::string_view range) {
  return "and sum without (direction)"
         " (increase(connwatch_handshake_duration_seconds_count{direction=\"outbound\",<match>}" +
         std::string(range) + ")) >= 20";
}

// HandshakeTrends compares the same times, and needs as many connects.
std::string LatencyGrowth() {
  constexpr std::string_view kNow = "[<recent>]";
  constexpr std::string_view kBefore = "[1h] offset <recent>";
  const std::chrono::duration<double> least_growth = kLeastLatencyGrowth;
  const std::string before = MedianLatency(kBefore);
  return "(\n  (" + MedianLatency(kNow) + "\n    >= " + FormatNumber(least_growth.count()) + " + " +
         before + ")\n  / " + before + "\n  " + EnoughLatencies(kNow) + "\n  " +
         EnoughLatencies(kBefore) + ")";
}

// The age at the time of the scrape: time() would add what has passed since then. The age of a tier
// that was never read counts from the daemon's start.
constexpr std::string_view kMonitorAge =
    "max without (tier) (\n"
    "  timestamp(connwatch_poll_interval_seconds) - connwatch_poll_interval_seconds\n"
    "  - (connwatch_poll_last_success_timestamp_seconds\n"
    "    or 0 * connwatch_poll_interval_seconds\n"
    "    + on (job, instance) group_left () process_start_time_seconds))";

// The same as Read() of core/alerts/signal_reader.h, from metrics. <match> stands for label
// matchers, <window> for the signal's window, <min> for the smallest divisor, <recent> for the time
// that a trend calls now. Series of one page have the same labels, so they can be divided without
// `on`.
std::string OwnText(AlertSignal signal) {
  switch (signal) {
    case AlertSignal::kListenerSynQueue:
      return "connwatch_listener_syn_queue_length{<match>}";
    case AlertSignal::kListenerSynQueueUtilization:
      return "connwatch_listener_syn_queue_length{<match>}\n"
             "/ (connwatch_listener_accept_queue_limit{<match>} >= <min>)";
    case AlertSignal::kListenerAcceptQueueUtilization:
      return "connwatch_listener_accept_queue_utilization_ratio{<match>}";
    case AlertSignal::kListenerAcceptQueuePeakUtilization:
      return "connwatch_listener_accept_queue_peak_utilization_ratio{<match>}";
    case AlertSignal::kListenerDrops:
      return "rate(connwatch_listener_drops_total{<match>}[<window>])";
    case AlertSignal::kSynCookiesSent:
      return "rate(connwatch_kernel_tcp_syncookies_sent_total[<window>])";
    case AlertSignal::kAttemptFails:
      return "rate(connwatch_kernel_tcp_attempt_fails_total[<window>])";
    case AlertSignal::kUntracedAttemptFails:
      return "(\n"
             "  rate(connwatch_kernel_tcp_attempt_fails_total[<window>])\n"
             "  unless on (job, instance) connwatch_handshake_tracing_in_use == 1)";
    case AlertSignal::kSynSentRetransmitting:
      return "connwatch_syn_sent_retransmitting{<match>}";
    case AlertSignal::kConnectsRefusedRatio:
      return OutcomeShare(R"(outcome="refused",)");
    case AlertSignal::kConnectsTimedOutRatio:
      return OutcomeShare(R"(outcome="timed_out",)");
    case AlertSignal::kConnectsUnreachableRatio:
      return OutcomeShare(R"(outcome="unreachable",)");
    case AlertSignal::kHandshakeLatencyGrowth:
      return LatencyGrowth();
    case AlertSignal::kSynRetransmissionRatio:
      return SynRetransmissionShare();
    case AlertSignal::kEphemeralPortsUtilization:
      return "connwatch_ephemeral_ports_used_peak_destination\n"
             "/ (connwatch_ephemeral_ports_available > 0)";
    case AlertSignal::kSourcePortsUtilization:
      return "connwatch_ephemeral_ports_used_peak_source\n"
             "/ (connwatch_ephemeral_ports_available > 0)";
    case AlertSignal::kTimeWaitUtilization:
      return "connwatch_tcp_time_wait\n"
             "/ (connwatch_tcp_time_wait_limit > 0)";
    case AlertSignal::kRetransmitRatio:
      return "sum without (direction)"
             " (increase(connwatch_tcp_segments_retransmitted_total{<match>}[<window>]))\n"
             "/ (sum without (direction)"
             " (increase(connwatch_tcp_segments_sent_total{<match>}[<window>])) >= <min>)";
    case AlertSignal::kCloseWaitSockets:
      return "sum without (direction, state)"
             " (connwatch_tcp_group_sockets{state=\"close_wait\",<match>})";
    case AlertSignal::kRttSeconds:
      return "sum without (direction)"
             " (increase(connwatch_tcp_rtt_seconds_sum{<match>}[<window>]))\n"
             "/ (sum without (direction)"
             " (increase(connwatch_tcp_rtt_seconds_count{<match>}[<window>])) >= <min>)";
    case AlertSignal::kReceiveQueueBytes:
      return "sum without (direction) (connwatch_tcp_receive_queue_bytes{<match>})";
    case AlertSignal::kSendQueueBytes:
      return "sum without (direction) (connwatch_tcp_send_queue_bytes{<match>})";
    case AlertSignal::kDestroyEventsAbsent:
      return "rate(connwatch_destroy_events_absent_seconds_total[<window>])";
    case AlertSignal::kDestroyEventOverruns:
      return "rate(connwatch_destroy_event_overruns_total[<window>])";
    case AlertSignal::kMonitorAgeSeconds:
      return std::string(kMonitorAge);
  }
  return {};
}

// The same for a namespace as a whole: the sum over its listeners, or the fullest of their sockets.
// Empty if the page has no such number.
std::string_view NamespaceText(AlertSignal signal) {
  switch (signal) {
    case AlertSignal::kListenerSynQueue:
      return "sum without (state) (connwatch_netns_tcp_sockets{state=\"syn_recv\",<match>})";
    case AlertSignal::kListenerAcceptQueueUtilization:
      return "connwatch_netns_accept_queue_utilization_ratio{<match>}";
    case AlertSignal::kListenerAcceptQueuePeakUtilization:
      return "connwatch_netns_accept_queue_peak_utilization_ratio{<match>}";
    case AlertSignal::kListenerDrops:
      return "rate(connwatch_netns_listener_drops_total{<match>}[<window>])";
    case AlertSignal::kListenerSynQueueUtilization:  // the limits are those of single listeners
    case AlertSignal::kSynCookiesSent:
    case AlertSignal::kAttemptFails:
    case AlertSignal::kUntracedAttemptFails:
    case AlertSignal::kSynSentRetransmitting:
    case AlertSignal::kConnectsRefusedRatio:
    case AlertSignal::kConnectsTimedOutRatio:
    case AlertSignal::kConnectsUnreachableRatio:
    case AlertSignal::kHandshakeLatencyGrowth:
    case AlertSignal::kSynRetransmissionRatio:
    case AlertSignal::kEphemeralPortsUtilization:
    case AlertSignal::kSourcePortsUtilization:
    case AlertSignal::kTimeWaitUtilization:
    case AlertSignal::kRetransmitRatio:
    case AlertSignal::kCloseWaitSockets:
    case AlertSignal::kRttSeconds:
    case AlertSignal::kReceiveQueueBytes:
    case AlertSignal::kSendQueueBytes:
    case AlertSignal::kDestroyEventsAbsent:
    case AlertSignal::kDestroyEventOverruns:
    case AlertSignal::kMonitorAgeSeconds:
      return {};
  }
  return {};
}

using Patterns = std::vector<SubjectPattern>;

// Those of the rule's patterns that can match the host, a group, or a listener of the daemon's own
// namespace. Only the subjects of listeners in other namespaces have a slash.
Patterns OwnPatterns(const AlertRule& rule) {
  Patterns own = rule.match;
  if (SpecOf(rule.signal).subject == SubjectKind::kListener) {
    std::erase_if(own, [](const SubjectPattern& pattern) {
      return pattern.text.find('/') != std::string::npos;
    });
  }
  return own;
}

// Those that match namespaces as a whole, as patterns for the name of a namespace: "we*" is for all
// that begin with "we", "web/*" for "web" and for all that begin with "web/", which are the pods of
// "web". "web/0.0.0.0:443" is for one listener only.
Patterns NamespacePatterns(const AlertRule& rule) {
  Patterns whole;
  for (const SubjectPattern& pattern : rule.match) {
    if (!pattern.is_prefix) continue;
    const std::string& text = pattern.text;
    if (text.ends_with('/')) whole.push_back({text.substr(0, text.size() - 1), false});
    whole.push_back(pattern);
  }
  return whole;
}

std::string RegexOf(const Patterns& patterns) {
  std::string regex;
  for (const SubjectPattern& pattern : patterns) {
    if (!regex.empty()) regex += '|';
    regex += EscapedForRegex(pattern.text);
    if (pattern.is_prefix) regex += ".*";
  }
  return regex;
}

// Matchers to be put between the braces of a selector. The sum "other" is no subject for the daemon
// either. No patterns match everything.
std::string MatchersOf(std::string_view label, bool has_other, const Patterns& patterns) {
  std::string matchers = has_other ? std::string(label) + R"(!="other")" : "";
  if (patterns.empty()) return matchers;
  if (!matchers.empty()) matchers += ',';
  return matchers + std::string(label) + "=~" + QuotedForPrometheus(RegexOf(patterns));
}

std::string Filled(std::string_view text, const AlertRule& rule, const std::string& matchers,
                   seconds scrape_interval) {
  const AlertSignalSpec& spec = SpecOf(rule.signal);
  std::string query(text);
  ReplaceAll(query, "<window>", PrometheusDuration(Widened(spec.window, scrape_interval)));
  const bool is_syn_share = rule.signal == AlertSignal::kListenerSynQueueUtilization;
  ReplaceAll(query, "<min>",
             FormatNumber(is_syn_share ? static_cast<double>(ListenerStatus::kMinSynQueueLimit)
                                       : spec.min_per));
  ReplaceAll(query, "<recent>", PrometheusDuration(Widened(kRecent, scrape_interval)));
  if (matchers.empty()) {
    ReplaceAll(query, ",<match>", "");
    ReplaceAll(query, "{<match>}", "");
  }
  ReplaceAll(query, "<match>", matchers);
  return query;
}

std::string OnLabel(std::string_view label) {
  return "on (job, instance" + (label.empty() ? "" : ", " + std::string(label)) + ")";
}

bool HasVerdict(AlertSignal signal) {
  return signal == AlertSignal::kListenerSynQueue ||
         signal == AlertSignal::kListenerSynQueueUtilization;
}

}  // namespace

milliseconds Widened(milliseconds window, seconds scrape_interval) {
  return std::max<milliseconds>(window, kScrapesPerWindow * scrape_interval);
}

std::optional<SignalQuery> OwnQuery(const AlertRule& rule, seconds scrape_interval) {
  const SubjectKind kind = SpecOf(rule.signal).subject;
  const bool is_host = kind == SubjectKind::kHost;
  const Patterns patterns = OwnPatterns(rule);
  if (!rule.match.empty() && patterns.empty()) return std::nullopt;
  if (is_host && !patterns.empty() &&
      std::ranges::none_of(patterns, [](const auto& one) { return one.Matches("host"); })) {
    return std::nullopt;
  }
  const std::string_view label = is_host ? "" : Name(kind);
  const std::string matchers =
      is_host ? "" : MatchersOf(label, kind == SubjectKind::kListener, patterns);
  SignalQuery query{.text = Filled(OwnText(rule.signal), rule, matchers, scrape_interval),
                    .on = OnLabel(label),
                    .trouble = {},
                    .innocent = {}};
  if (!HasVerdict(rule.signal)) return query;
  query.trouble = R"(connwatch_listener_diagnosis{cause=~"syn_flood|return_path_loss"} == 1)";
  query.innocent = R"(connwatch_listener_diagnosis{cause="deferred_accept"} == 1)";
  return query;
}

std::optional<SignalQuery> NamespaceQuery(const AlertRule& rule, seconds scrape_interval) {
  const std::string_view text = NamespaceText(rule.signal);
  // A sum or a maximum that is low says that every listener is low, which is not what the rule
  // says.
  const bool is_below = rule.threshold && rule.threshold->side == ThresholdSide::kBelow;
  const Patterns patterns = NamespacePatterns(rule);
  if (text.empty() || is_below || (!rule.match.empty() && patterns.empty())) return std::nullopt;
  const std::string matchers = MatchersOf("netns", /*has_other=*/true, patterns);
  SignalQuery query{.text = Filled(text, rule, matchers, scrape_interval),
                    .on = OnLabel("netns"),
                    .trouble = {},
                    .innocent = {}};
  if (!HasVerdict(rule.signal)) return query;
  query.trouble = R"(connwatch_netns_listener_diagnosis{cause=~"syn_flood|return_path_loss"} > 0)";
  // One listener with deferred accept does not make another one's flood innocent.
  query.innocent =
      "(\n  "
      R"(connwatch_netns_listener_diagnosis{cause="deferred_accept"} > 0)"
      "\n  unless " +
      query.on + " " + query.trouble + ")";
  return query;
}

}  // namespace connwatch
