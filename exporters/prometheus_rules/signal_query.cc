#include "exporters/prometheus_rules/signal_query.h"

#include <algorithm>
#include <array>
#include <cstddef>
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

struct SignalText {
  AlertSignal id;
  std::string_view text;
};

// The same as Read() of core/alerts/signal_reader.h, from metrics. <match> stands for label
// matchers, <window> for the signal's window, <min> for the smallest divisor, <recent> for the time
// that a trend calls now. Series of one page have the same labels, so they can be divided without
// `on`. Empty: OwnText() makes it.
constexpr std::array kOwnTexts = std::to_array<SignalText>({
    {AlertSignal::kListenerSynQueue, "connwatch_listener_syn_queue_length{<match>}"},
    {AlertSignal::kListenerSynQueueUtilization,
     "connwatch_listener_syn_queue_length{<match>}\n"
     "/ (connwatch_listener_accept_queue_limit{<match>} >= <min>)"},
    {AlertSignal::kListenerAcceptQueueUtilization,
     "connwatch_listener_accept_queue_utilization_ratio{<match>}"},
    {AlertSignal::kListenerAcceptQueuePeakUtilization,
     "connwatch_listener_accept_queue_peak_utilization_ratio{<match>}"},
    {AlertSignal::kListenerDrops, "rate(connwatch_listener_drops_total{<match>}[<window>])"},
    {AlertSignal::kSynCookiesSent, "rate(connwatch_kernel_tcp_syncookies_sent_total[<window>])"},
    {AlertSignal::kAttemptFails, "rate(connwatch_kernel_tcp_attempt_fails_total[<window>])"},
    {AlertSignal::kUntracedAttemptFails,
     "(\n"
     "  rate(connwatch_kernel_tcp_attempt_fails_total[<window>])\n"
     "  unless on (job, instance) connwatch_handshake_tracing_in_use == 1)"},
    {AlertSignal::kSynSentRetransmitting, "connwatch_syn_sent_retransmitting{<match>}"},
    {AlertSignal::kConnectsRefusedRatio, ""},
    {AlertSignal::kConnectsTimedOutRatio, ""},
    {AlertSignal::kConnectsUnreachableRatio, ""},
    {AlertSignal::kHandshakeLatencyGrowth, ""},
    {AlertSignal::kSynRetransmissionRatio, ""},
    {AlertSignal::kEphemeralPortsUtilization,
     "connwatch_ephemeral_ports_used_peak_destination\n"
     "/ (connwatch_ephemeral_ports_available > 0)"},
    {AlertSignal::kSourcePortsUtilization,
     "connwatch_ephemeral_ports_used_peak_source\n"
     "/ (connwatch_ephemeral_ports_available > 0)"},
    {AlertSignal::kTimeWaitUtilization,
     "connwatch_tcp_time_wait\n"
     "/ (connwatch_tcp_time_wait_limit > 0)"},
    {AlertSignal::kRetransmitRatio,
     "sum without (direction)"
     " (increase(connwatch_tcp_segments_retransmitted_total{<match>}[<window>]))\n"
     "/ (sum without (direction)"
     " (increase(connwatch_tcp_segments_sent_total{<match>}[<window>])) >= <min>)"},
    {AlertSignal::kCloseWaitSockets,
     "sum without (direction, state)"
     " (connwatch_tcp_group_sockets{state=\"close_wait\",<match>})"},
    {AlertSignal::kRttSeconds,
     "sum without (direction)"
     " (increase(connwatch_tcp_rtt_seconds_sum{<match>}[<window>]))\n"
     "/ (sum without (direction)"
     " (increase(connwatch_tcp_rtt_seconds_count{<match>}[<window>])) >= <min>)"},
    {AlertSignal::kReceiveQueueBytes,
     "sum without (direction) (connwatch_tcp_receive_queue_bytes{<match>})"},
    {AlertSignal::kSendQueueBytes,
     "sum without (direction) (connwatch_tcp_send_queue_bytes{<match>})"},
    {AlertSignal::kRetransmittingSockets,
     "sum without (direction)"
     " (connwatch_tcp_retransmitting_sockets{direction=\"outbound\",<match>})"},
    {AlertSignal::kListenerAcceptQueueImbalance,
     "connwatch_listener_accept_queue_imbalance_ratio{<match>}"},
    {AlertSignal::kTcpMemoryUtilization,
     "connwatch_tcp_memory_pages\n"
     "/ (connwatch_tcp_memory_pages_pressure > 0)"},
    {AlertSignal::kOrphanUtilization,
     "connwatch_tcp_orphans\n"
     "/ (connwatch_tcp_orphan_limit > 0)"},
    {AlertSignal::kConntrackUtilization,
     "connwatch_kernel_conntrack_entries\n"
     "/ (connwatch_kernel_conntrack_entries_limit > 0)"},
    {AlertSignal::kConntrackInsertFailed,
     "rate(connwatch_kernel_conntrack_insert_failed_total[<window>])"},
    {AlertSignal::kTotalsExact, "connwatch_totals_exact"},
    {AlertSignal::kDestroyEventsAbsent,
     "rate(connwatch_destroy_events_absent_seconds_total[<window>])"},
    {AlertSignal::kDestroyEventOverruns, "rate(connwatch_destroy_event_overruns_total[<window>])"},
    {AlertSignal::kMonitorAgeSeconds, kMonitorAge},
});

static_assert([] {
  for (std::size_t i = 0; i < kOwnTexts.size(); ++i) {
    if (static_cast<std::size_t>(kOwnTexts[i].id) != i) return false;
  }
  return kOwnTexts.back().id == AlertSignal::kMonitorAgeSeconds;
}());

std::string OwnText(AlertSignal signal) {
  if (signal == AlertSignal::kConnectsRefusedRatio) return OutcomeShare(R"(outcome="refused",)");
  if (signal == AlertSignal::kConnectsTimedOutRatio) return OutcomeShare(R"(outcome="timed_out",)");
  if (signal == AlertSignal::kConnectsUnreachableRatio) {
    return OutcomeShare(R"(outcome="unreachable",)");
  }
  if (signal == AlertSignal::kHandshakeLatencyGrowth) return LatencyGrowth();
  if (signal == AlertSignal::kSynRetransmissionRatio) return SynRetransmissionShare();
  return std::string(kOwnTexts.at(static_cast<std::size_t>(signal)).text);
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
    case AlertSignal::kListenerSynQueueUtilization:   // the limits are those of single listeners
    case AlertSignal::kListenerAcceptQueueImbalance:  // so are their sockets
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
    case AlertSignal::kRetransmittingSockets:
    case AlertSignal::kTcpMemoryUtilization:
    case AlertSignal::kOrphanUtilization:
    case AlertSignal::kConntrackUtilization:
    case AlertSignal::kConntrackInsertFailed:
    case AlertSignal::kTotalsExact:
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
