#include "exporters/plain_text/plain_page.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <numeric>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "core/alerts/alert_text.h"
#include "core/host_limits.h"
#include "core/listeners/diagnose.h"
#include "exporters/plain_text/text_lines.h"
#include "exporters/plain_text/verdict.h"

namespace connwatch {

namespace {

constexpr std::size_t kLongest = 20;  // of a list
constexpr std::string_view kIndent = "  ";
constexpr std::string_view kInner = "    ";

// Those that are shown. Valid as long as `list` is.
template <typename T>
std::span<const T> FirstOf(const std::vector<T>& list) {
  return std::span(list).first(std::min(list.size(), kLongest));
}

std::string Percent(double share) { return FormatValue(SignalUnit::kShare, share); }

// In the host's local time.
std::string TimeText(WallTime time, const HostIdentity& host) {
  const auto local = std::chrono::floor<std::chrono::seconds>(time) + host.utc_offset;
  const auto day = std::chrono::floor<std::chrono::days>(local);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(local - day);
  const auto two = [](auto number) {
    const std::string digits = std::to_string(number);
    return digits.size() < 2 ? "0" + digits : digits;
  };
  return std::to_string(static_cast<int>(date.year())) + "-" +
         two(static_cast<unsigned>(date.month())) + "-" + two(static_cast<unsigned>(date.day())) +
         " " + two(clock.hours().count()) + ":" + two(clock.minutes().count()) + ":" +
         two(clock.seconds().count()) + " " + (host.time_zone.empty() ? "UTC" : host.time_zone);
}

// A blank line, and the title of what follows.
void Begin(TextLines& lines, std::string_view title, const std::string& note = {}) {
  lines.Add("");
  lines.Add(std::string(title) + (note.empty() ? "" : "  " + note));
}

void AddRest(TextLines& lines, std::size_t total, std::string_view path) {
  if (total <= kLongest) return;
  lines.Add(std::string(kIndent) + "and " + GroupedDigits(total - kLongest) +
            " more: " + std::string(path));
}

void AddAlert(TextLines& lines, const Alert& alert, MonotonicTime now) {
  const bool is_firing = alert.state == AlertState::kFiring;
  const MonotonicTime begin = alert.fired_at.value_or(alert.since).monotonic;
  lines.AddWrapped(kIndent, (is_firing ? std::string("FIRING") : std::string("pending")) + ", " +
                                std::string(Name(alert.rule->severity)) + ": " + alert.rule->name +
                                " " + alert.subject + ", for " + SpanText(now - begin));
  lines.AddWrapped(kInner, SummaryOf(alert));
}

void AddAlerts(TextLines& lines, const Report& report, MonotonicTime now) {
  if (!report.alerts || report.alerts->alerts.empty()) return;
  const std::vector<Alert>& alerts = report.alerts->alerts;
  Begin(lines, "ALERTS");
  for (const Alert& alert : FirstOf(alerts)) AddAlert(lines, alert, now);
  AddRest(lines, alerts.size(), "/api/v1/alerts");
}

// Those that there are.
void AddStates(TextLines& lines, const Snapshot& snapshot) {
  if (!snapshot.sockets) return;
  const StateCounts& counts = snapshot.sockets->states;
  Begin(lines, "SOCKETS", GroupedDigits(counts.Total()));
  std::string text;
  for (const TcpState state : kTcpStates) {
    const std::uint64_t sockets =
        counts.Get(AddressFamily::kIpv4, state) + counts.Get(AddressFamily::kIpv6, state);
    if (sockets == 0) continue;
    if (!text.empty()) text += ", ";
    text += std::string(Name(state)) + " " + GroupedDigits(sockets);
  }
  if (!text.empty()) lines.AddWrapped(kIndent, text);
}

std::string AmountText(const std::optional<std::uint64_t>& amount, LimitUnit unit) {
  constexpr double kMebibyte = 1'048'576;
  if (!amount) return "?";
  if (unit == LimitUnit::kCount) return GroupedDigits(*amount);
  return FormatValue(SignalUnit::kCount, static_cast<double>(*amount) / kMebibyte) + " MiB";
}

void AddLimits(TextLines& lines, const Report& report) {
  constexpr std::size_t kNameWidth = 18;
  constexpr std::size_t kShareWidth = 9;
  Begin(lines, "LIMITS");
  for (const HostLimit& limit : HostLimitsOf(*report.snapshot, report.process)) {
    const auto share = limit.UsedRatio();
    lines.Add(std::string(kIndent) + PaddedTo(kNameWidth, std::string(limit.name)) +
              PaddedTo(kShareWidth, share ? Percent(*share) : "?") +
              AmountText(limit.used, limit.unit) + " of " + AmountText(limit.limit, limit.unit));
    if (!limit.subject.empty()) lines.AddWrapped(kInner, limit.subject);
  }
}

void AddListener(TextLines& lines, const TroubledListener& troubled) {
  const ListenerStatus& status = troubled.listener->status;
  const std::string& unit = troubled.listener->unit;
  lines.AddWrapped(kIndent, troubled.subject + (unit.empty() ? "" : " (" + unit + ")"));
  lines.AddWrapped(kInner, "SYN queue " + GroupedDigits(status.syn_queue.length) +
                               ", accept queue " + GroupedDigits(status.accept_queue.length) +
                               ", limit " + GroupedDigits(status.accept_queue.limit) + ", drops " +
                               GroupedDigits(status.drops));
  for (const DiagnosisCause cause : kDiagnosisCauses) {
    if (!status.diagnosis.Has(cause)) continue;
    lines.AddWrapped(kInner, Explain(cause, status, troubled.scope));
  }
}

void AddListeners(TextLines& lines, const Report& report) {
  const std::vector<TroubledListener> troubled = TroubledListenersOf(report);
  if (troubled.empty()) return;
  Begin(lines, "LISTENERS IN TROUBLE", GroupedDigits(troubled.size()));
  for (const TroubledListener& one : FirstOf(troubled)) {
    AddListener(lines, one);
  }
  AddRest(lines, troubled.size(), "/api/v1/listeners, /api/v1/namespaces");
}

void AddPending(TextLines& lines, const Snapshot& snapshot) {
  if (!snapshot.pending_connects) return;
  const PendingConnects& pending = *snapshot.pending_connects;
  const auto add = [](std::uint64_t sum, const auto& group) { return sum + group.second.sockets; };
  const std::uint64_t total =
      std::accumulate(pending.by_group.begin(), pending.by_group.end(), std::uint64_t{0}, add);
  if (total == 0) return;
  Begin(lines, "PENDING CONNECTS", GroupedDigits(total));
  for (const PendingDestination& destination : FirstOf(pending.destinations)) {
    lines.AddWrapped(
        kIndent, GroupedDigits(destination.count) + " to " + destination.remote.ToString() + ", " +
                     GroupedDigits(destination.retransmitting) + " had to repeat the SYN, oldest " +
                     SpanText(destination.oldest_age) +
                     (destination.unit.empty() ? "" : ", " + destination.unit));
  }
  const std::size_t destinations = pending.destinations.size();
  if (destinations > kLongest || pending.destinations_folded > 0) {
    lines.Add(std::string(kIndent) + "and more: /api/v1/handshakes");
  }
}

struct RateLine {
  std::string_view name;
  KernelCounterId counter;
};

constexpr std::array kRateLines = std::to_array<RateLine>({
    {"segments sent again", KernelCounterId::kRetransSegs},
    {"connects", KernelCounterId::kActiveOpens},
    {"accepts", KernelCounterId::kPassiveOpens},
    {"failed handshakes", KernelCounterId::kAttemptFails},
    {"connections reset", KernelCounterId::kEstabResets},
    {"connections timed out", KernelCounterId::kAbortOnTimeout},
    {"refused by listeners", KernelCounterId::kListenDrops},
});

void AddRates(TextLines& lines, const Snapshot& snapshot) {
  constexpr std::size_t kNameWidth = 22;
  if (!snapshot.kernel_rates) return;
  const KernelRates& rates = *snapshot.kernel_rates;
  const auto span = std::chrono::duration_cast<std::chrono::nanoseconds>(rates.span);
  Begin(lines, "PER SECOND", "over " + SpanText(span));
  for (const RateLine& line : kRateLines) {
    const auto& rate = rates[line.counter];
    if (!rate) continue;
    std::string text = FormatValue(SignalUnit::kCount, *rate);
    const auto share = rates.RetransmittedRatio();
    if (line.counter == KernelCounterId::kRetransSegs && share) {
      text += " (" + Percent(*share) + " of those sent)";
    }
    lines.Add(std::string(kIndent) + PaddedTo(kNameWidth, std::string(line.name)) + text);
  }
}

std::string AgeText(const PollHealth& poll, MonotonicTime now) {
  std::string text = poll.current_failure() ? "no poll has succeeded yet" : "not polled yet";
  if (poll.last_success()) text = SpanText(now - *poll.last_success()) + " old";
  if (poll.last_success() && poll.IsStale(now)) text += ", out of date";
  if (poll.current_failure()) text += ": " + poll.current_failure()->text;
  return text;
}

void AddAges(TextLines& lines, const Snapshot& snapshot, MonotonicTime now) {
  Begin(lines, "DATA");
  for (const PollHealth& poll : snapshot.polls) {
    lines.AddWrapped(kIndent, std::string(Name(poll.tier())) + ": " + AgeText(poll, now));
  }
}

}  // namespace

std::string RenderPlainPage(const Report& report, Instant now) {
  const Snapshot& snapshot = *report.snapshot;
  TextLines lines;
  lines.Add(report.host.name + "  " + TimeText(now.wall, report.host));
  lines.AddWrapped("", VerdictOn(report, now.monotonic));
  AddAlerts(lines, report, now.monotonic);
  AddListeners(lines, report);
  AddPending(lines, snapshot);
  AddStates(lines, snapshot);
  AddLimits(lines, report);
  AddRates(lines, snapshot);
  AddAges(lines, snapshot, now.monotonic);
  return lines.text();
}

}  // namespace connwatch
