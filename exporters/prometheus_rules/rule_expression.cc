#include "exporters/prometheus_rules/rule_expression.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "core/listeners/listener.h"

namespace connwatch {

namespace {

using std::chrono::milliseconds;

// A rate needs two samples. With this window it has them even if one or two scrapes fail.
constexpr int kScrapesPerWindow = 4;

milliseconds Widened(milliseconds window, milliseconds scrape_interval) {
  return std::max(window, kScrapesPerWindow * scrape_interval);
}

// The same as Read() of core/alerts/signal_reader.h, from metrics. <match> stands for label
// matchers, <window> for the signal's window, <min> for the smallest divisor. Series of one page
// have the same labels, so they can be divided without `on`.
std::string_view QueryOf(AlertSignal signal) {
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
    case AlertSignal::kSynSentRetransmitting:
      return "connwatch_syn_sent_retransmitting{<match>}";
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
      // The age at the time of the scrape: time() would add what has passed since then. The age of
      // a tier that was never read counts from the daemon's start.
      return "max without (tier) (\n"
             "  timestamp(connwatch_poll_interval_seconds) - connwatch_poll_interval_seconds\n"
             "  - (connwatch_poll_last_success_timestamp_seconds\n"
             "    or 0 * connwatch_poll_interval_seconds\n"
             "    + on (job, instance) group_left () process_start_time_seconds))";
  }
  return {};
}

void ReplaceAll(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

std::string InParentheses(std::string lines) {
  ReplaceAll(lines, "\n", "\n  ");
  return "(\n  " + lines + ")";
}

std::string FormatNumber(double number) {
  std::array<char, 40> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
  return {buffer.data(), end.ptr};
}

std::string EscapedForRegex(std::string_view text) {
  std::string escaped;
  for (const char character : text) {
    if (std::string_view(R"(\.+*?()|[]{}^$)").find(character) != std::string_view::npos) {
      escaped += '\\';
    }
    escaped += character;
  }
  return escaped;
}

// Matchers for the rule's subjects, to be put between the braces of a selector.
std::string MatchersOf(const AlertRule& rule) {
  const SubjectKind kind = SpecOf(rule.signal).subject;
  // The sum "other" is no subject for the daemon either.
  std::string matchers = kind == SubjectKind::kListener ? R"(listener!="other")" : "";
  if (rule.match.empty() || kind == SubjectKind::kHost) return matchers;
  std::string regex;
  for (const SubjectPattern& pattern : rule.match) {
    if (!regex.empty()) regex += '|';
    regex += EscapedForRegex(pattern.text);
    if (pattern.is_prefix) regex += ".*";
  }
  if (!matchers.empty()) matchers += ',';
  return matchers + std::string(Name(kind)) + "=~" + QuotedForPrometheus(regex);
}

// The labels that name a subject.
std::string OnSubject(const AlertRule& rule) {
  const SubjectKind kind = SpecOf(rule.signal).subject;
  const std::string own = kind == SubjectKind::kHost ? "" : ", " + std::string(Name(kind));
  return "on (job, instance" + own + ")";
}

std::string SignalQuery(const AlertRule& rule, milliseconds scrape_interval) {
  const AlertSignalSpec& spec = SpecOf(rule.signal);
  const std::string matchers = MatchersOf(rule);
  std::string query(QueryOf(rule.signal));
  ReplaceAll(query, "<window>", PrometheusDuration(Widened(spec.window, scrape_interval)));
  const bool is_syn_share = rule.signal == AlertSignal::kListenerSynQueueUtilization;
  ReplaceAll(query, "<min>",
             FormatNumber(is_syn_share ? static_cast<double>(ListenerStatus::kMinSynQueueLimit)
                                       : spec.min_per));
  if (matchers.empty()) {
    ReplaceAll(query, ",<match>", "");
    ReplaceAll(query, "{<match>}", "");
  }
  ReplaceAll(query, "<match>", matchers);
  return query;
}

// Growth as the slope of a least-squares line.
std::string GrowthQuery(const AlertRule& rule, const std::string& signal,
                        milliseconds scrape_interval) {
  const std::string window = PrometheusDuration(Widened(rule.growth->over, scrape_interval));
  const bool is_selector = signal.find_first_of(" (") == std::string::npos;
  if (is_selector) return "deriv(" + signal + "[" + window + "])";
  return "deriv((" + signal + ")[" + window + ":" + PrometheusDuration(scrape_interval) + "])";
}

bool HasVerdict(AlertSignal signal) {
  return signal == AlertSignal::kListenerSynQueue ||
         signal == AlertSignal::kListenerSynQueueUtilization;
}

// With such a diagnosis a SYN queue need not grow any more, see SynVerdict::kTrouble.
constexpr std::string_view kTrouble =
    R"(connwatch_listener_diagnosis{cause=~"syn_flood|return_path_loss"} == 1)";
constexpr std::string_view kInnocent =
    R"(connwatch_listener_diagnosis{cause="deferred_accept"} == 1)";

std::string FiringCondition(const AlertRule& rule, const std::string& signal,
                            const std::string& growth) {
  std::string threshold;
  if (rule.threshold) {
    const bool is_above = rule.threshold->side == ThresholdSide::kAbove;
    threshold = signal + (is_above ? " > " : " < ") + FormatNumber(rule.threshold->value);
  }
  if (!rule.growth) return threshold;
  const std::string grows = growth + " > " + FormatNumber(rule.growth->per_second);
  const std::string trouble(HasVerdict(rule.signal) ? kTrouble : "");
  const std::string and_on = "\nand " + OnSubject(rule) + " ";
  if (trouble.empty()) return rule.threshold ? threshold + and_on + grows : grows;
  if (!rule.threshold) return grows + "\nor " + InParentheses(growth + and_on + trouble);
  return threshold + and_on + InParentheses(grows + "\nor " + trouble);
}

// Holds for an alert that fires, until its signal passes the clear level.
std::string StillFiring(const AlertRule& rule, const std::string& signal,
                        const std::string& growth) {
  const bool is_below = rule.threshold && rule.threshold->side == ThresholdSide::kBelow;
  const std::string and_on = "\nand " + OnSubject(rule) + " ";
  const std::string level = signal + (is_below ? " <= " : " >= ") + FormatNumber(*rule.clear.level);
  return (rule.threshold ? level : growth + and_on + InParentheses(level)) + and_on +
         "ALERTS{alertname=" + QuotedForPrometheus(rule.name) + R"(,alertstate="firing"})";
}

}  // namespace

std::string QuotedForPrometheus(std::string_view text) {
  // YAML 1.2, 5.1 and 5.4: characters that must not be in a document, or that would break the line,
  // beside ASCII's control characters. Each has three bytes in UTF-8.
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kEscaped = {
      {{"\xe2\x80\xa8", "\\u2028"},
       {"\xe2\x80\xa9", "\\u2029"},
       {"\xef\xbb\xbf", "\\ufeff"},
       {"\xef\xbf\xbe", "\\ufffe"},
       {"\xef\xbf\xbf", "\\uffff"}}};
  constexpr std::string_view kHex = "0123456789abcdef";
  const auto escape = [&](std::uint8_t code) {
    return std::string("\\u00") + kHex[code >> 4U] + kHex[code & 0xfU];
  };
  std::string quoted;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<std::uint8_t>(text[i]);
    const std::uint8_t next = i + 1 < text.size() ? static_cast<std::uint8_t>(text[i + 1]) : 0;
    const auto* found = std::ranges::find(kEscaped, text.substr(i, 3),
                                          &std::pair<std::string_view, std::string_view>::first);
    if (text[i] == '"' || text[i] == '\\') {
      quoted += {'\\', text[i]};
    } else if (byte < 0x20 || byte == 0x7f) {
      quoted += escape(byte);
    } else if (byte == 0xc2 && next < 0xa0) {  // U+0080 to U+009F
      quoted += escape(next);
      ++i;
    } else if (found != kEscaped.end()) {
      quoted += found->second;
      i += 2;
    } else {
      quoted += text[i];
    }
  }
  return '"' + quoted + '"';
}

std::string PrometheusDuration(milliseconds duration) {
  constexpr std::array<std::pair<milliseconds::rep, std::string_view>, 3> kUnits = {
      {{3'600'000, "h"}, {60'000, "m"}, {1'000, "s"}}};
  for (const auto& [length, unit] : kUnits) {
    if (duration.count() % length == 0 && duration.count() > 0) {
      return std::to_string(duration.count() / length) + std::string(unit);
    }
  }
  return std::to_string(duration.count()) + "ms";
}

bool HasSubjects(const AlertRule& rule) {
  return SpecOf(rule.signal).subject != SubjectKind::kHost || rule.match.empty() ||
         std::ranges::any_of(rule.match, [](const auto& one) { return one.Matches("host"); });
}

std::string RuleExpression(const AlertRule& rule, std::chrono::seconds scrape_interval) {
  const std::string signal = SignalQuery(rule, scrape_interval);
  const std::string growth = rule.growth ? GrowthQuery(rule, signal, scrape_interval) : "";
  std::string expression = FiringCondition(rule, signal, growth);
  if (rule.clear.level) {
    expression += "\nor " + InParentheses(StillFiring(rule, signal, growth));
  }
  if (!HasVerdict(rule.signal)) return expression;
  return InParentheses(expression) + "\nunless " + OnSubject(rule) + " " + std::string(kInnocent);
}

milliseconds RuleHold(const AlertRule& rule, std::chrono::seconds scrape_interval) {
  if (rule.hold == milliseconds(0)) return rule.hold;
  const AlertSignalSpec& spec = SpecOf(rule.signal);
  const milliseconds more = spec.form == SignalForm::kLevel
                                ? milliseconds(0)
                                : Widened(spec.window, scrape_interval) - spec.window;
  return std::max<milliseconds>(rule.hold + more, scrape_interval);
}

}  // namespace connwatch
