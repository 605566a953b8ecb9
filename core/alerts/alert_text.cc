#include "core/alerts/alert_text.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <string_view>

#include "core/alerts/alert_life.h"
#include "core/alerts/alert_template.h"
#include "core/alerts/signal_words.h"

namespace connwatch {

namespace {

using std::chrono::nanoseconds;

std::string Capitalised(std::string text) {
  // The names of units keep their letters.
  if (text.starts_with("the ")) text.front() = 'T';
  return text;
}

std::string Sentence(std::string text) {
  if (text.empty()) return text;
  text.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(text.front())));
  if (text.back() != '.') text += '.';
  return text;
}

bool OnlyWaitsForItsEnd(const Alert& alert) {
  if (alert.state != AlertState::kFiring) return false;
  const std::optional<AlertThreshold>& threshold = alert.rule->threshold;
  return alert.clears_in || (threshold && !threshold->IsCrossedBy(alert.value));
}

bool HasWords(const AlertRule& rule) {
  return rule.threshold && rule.threshold->side == WordsOf(rule.signal).side;
}

std::optional<double> NumberOf(const Alert& alert, std::string_view name) {
  if (!alert.evidence) return std::nullopt;
  const auto& numbers = alert.evidence->numbers;
  const auto found = std::ranges::find(numbers, name, [](const auto& one) { return one.first; });
  return found == numbers.end() ? std::nullopt : std::optional(found->second);
}

std::string NumberText(double number) { return FormatValue(SignalUnit::kCount, number); }

bool IsOfAcceptQueue(AlertSignal signal) {
  return signal == AlertSignal::kListenerAcceptQueueUtilization ||
         signal == AlertSignal::kListenerAcceptQueuePeakUtilization;
}

// "9 connections wait, its limit is 8, and 14.2 clients a second are refused"
std::string AcceptQueueText(const AlertQueue& queue) {
  std::string text = std::to_string(queue.length) +
                     (queue.length == 1 ? " connection waits" : " connections wait") +
                     ", its limit is " + std::to_string(queue.limit);
  constexpr double kLeastToTell = 0.05;
  if (queue.drops_per_second >= kLeastToTell) {
    text += ", and " + NumberText(std::round(queue.drops_per_second * 10) / 10) +
            " clients a second are refused";
  }
  return text;
}

std::string Measure(const Alert& alert) {
  const AlertSignal signal = alert.rule->signal;
  if (IsOfAcceptQueue(signal) && alert.accept_queue) return AcceptQueueText(*alert.accept_queue);
  return FillTemplate(WordsOf(signal).measure, alert);
}

// ": the value in words"
std::string MeasureText(std::string_view measure) {
  return measure.empty() ? "" : ": " + std::string(measure);
}

std::string SourcesText(const Alert& alert) {
  const double networks = NumberOf(alert, "source_prefixes").value_or(0);
  if (networks < 1 || SpecOf(alert.rule->signal).tier != Tier::kHandshakes) return {};
  return networks == 1 ? ", from one network" : ", from " + NumberText(networks) + " networks";
}

std::string FirstDestination(const AlertEvidence& evidence) {
  if (!evidence.destinations.empty()) return evidence.destinations.front().remote.ToString();
  return evidence.top_destinations.empty() ? "" : evidence.top_destinations.front().first;
}

// Who stands out: ", mostly from web.service to 192.0.2.1:443". Empty for a listener, which is
// named by its subject and its owner.
std::string CulpritText(const Alert& alert) {
  if (!alert.evidence || SpecOf(alert.rule->signal).subject == SubjectKind::kListener) return {};
  const AlertEvidence& evidence = *alert.evidence;
  std::string unit = alert.unit;
  if (unit.empty() && !evidence.top_units.empty()) unit = evidence.top_units.front().first;
  const std::string destination = FirstDestination(evidence);
  if (unit.empty() && destination.empty()) return {};
  const bool has_majority = !alert.unit.empty();
  return std::string(has_majority ? ", mostly" : ", most of all") +
         (unit.empty() ? "" : " from " + unit) + (destination.empty() ? "" : " to " + destination);
}

std::string CauseText(const Alert& alert) {
  const CauseWords* words = WordsOfCause(alert.cause);
  // The sentence of an accept queue says the same.
  if (words == nullptr || IsOfAcceptQueue(alert.rule->signal)) return {};
  return ". " + std::string(words->meaning.substr(0, words->meaning.size() - 1));
}

std::string FlappingText(const Alert& alert) {
  if (!alert.flapping) return {};
  return " (" + std::to_string(alert.flapping->times) + " times in " +
         SpanText(alert.flapping->span) + ")";
}

std::string WithoutWords(const AlertRule& rule) {
  const std::string_view meaning = SpecOf(rule.signal).meaning;
  return "{{subject}} is at {{value}}, the threshold is {{threshold}}: " +
         std::string(meaning.substr(0, meaning.find('.')));
}

// What is wrong, in the words of the rule or of its signal.
std::string Lasting(const Alert& alert, const std::string* own) {
  const AlertRule& rule = *alert.rule;
  if (own != nullptr) return FillTemplate(*own, alert);
  if (!HasWords(rule)) return FillTemplate(WithoutWords(rule), alert);
  return Capitalised(FillTemplate(WordsOf(rule.signal).is, alert)) + MeasureText(Measure(alert)) +
         SourcesText(alert) + CulpritText(alert) + CauseText(alert);
}

Alert AtItsWorst(Alert alert) {
  alert.value = alert.worst;
  return alert;
}

// The same when it is over, or nearly over.
std::string Past(const Alert& alert, const std::string* own) {
  const AlertRule& rule = *alert.rule;
  if (own == nullptr && HasWords(rule)) return FillTemplate(WordsOf(rule.signal).was, alert);
  return FillTemplate(own == nullptr ? WithoutWords(rule) : *own, AtItsWorst(alert));
}

std::string WorstText(const Alert& alert) {
  return "at its worst " + FormatFor(*alert.rule, alert.worst) + ", threshold " +
         FormatFor(*alert.rule, alert.threshold);
}

const std::string* OwnText(const Alert& alert, const std::string& name) {
  const auto own = alert.rule->annotations.find(name);
  return own == alert.rule->annotations.end() ? nullptr : &own->second;
}

std::string Listed(std::string_view heading, const AlertEvidence::Counts& counts) {
  if (counts.empty()) return {};
  return " " + std::string(heading) + ": " + CountsText(counts) + ".";
}

// The summary names the first one already.
std::string ListedIfMany(std::string_view heading, const AlertEvidence::Counts& counts) {
  return counts.size() < 2 ? "" : Listed(heading, counts);
}

std::string FactsOf(const Alert& alert) {
  const AlertEvidence& evidence = *alert.evidence;
  const bool is_of_group = SpecOf(alert.rule->signal).subject == SubjectKind::kGroup;
  return (evidence.text.empty() ? "" : "When it fired: " + Sentence(evidence.text)) +
         Listed(is_of_group ? "Networks of clients" : "Networks with the most half-open handshakes",
                evidence.top_sources) +
         ListedIfMany("Destinations", evidence.top_destinations) +
         ListedIfMany("Units", evidence.top_units) + ListedIfMany("Groups", evidence.top_groups);
}

}  // namespace

std::string SummaryOf(const Alert& alert, const std::optional<Instant>& ended) {
  const std::string* own = OwnText(alert, "summary");
  if (ended) {
    const nanoseconds lasted = ended->monotonic - alert.fired_at.value_or(alert.since).monotonic;
    return "Ended after " + SpanText(lasted) + ": " + Past(alert, own) + " (" + WorstText(alert) +
           ")";
  }
  if (!OnlyWaitsForItsEnd(alert)) return Lasting(alert, own) + FlappingText(alert);
  return "Getting better: " + Past(alert, own) + FlappingText(alert) + ". It is at " +
         FormatFor(*alert.rule, alert.value) + " now, " + WorstText(alert) + ". The alert ends " +
         EndsWhen(alert);
}

std::string AdviceOf(const Alert& alert) {
  if (const std::string* own = OwnText(alert, "description")) return FillTemplate(*own, alert);
  const CauseWords* cause = WordsOfCause(alert.cause);
  return std::string(cause == nullptr ? WordsOf(alert.rule->signal).advice : cause->advice);
}

std::string DescriptionOf(const Alert& alert, const std::optional<Instant>& ended) {
  std::string advice = AdviceOf(ended ? AtItsWorst(alert) : alert);
  if (!alert.evidence || OwnText(alert, "description") != nullptr) return advice;
  const std::string facts = FactsOf(alert);
  return facts + (facts.empty() ? "" : "\n") + (ended ? "If it comes back: " : "What to do: ") +
         advice;
}

std::string SummaryTemplate(const AlertRule& rule) {
  if (!HasWords(rule)) return WithoutWords(rule);
  const SignalWords& words = WordsOf(rule.signal);
  return std::string(words.is) + MeasureText(words.measure);
}

std::string EndsWhen(const Alert& alert) {
  const AlertRule& rule = *alert.rule;
  const bool is_below = rule.threshold && rule.threshold->side == ThresholdSide::kBelow;
  std::string level;
  if (rule.clear.level) {
    level =
        (is_below ? "above " : "below ") + FormatValue(SpecOf(rule.signal).unit, *rule.clear.level);
  } else {
    level = (is_below ? "not below " : "not above ") + FormatFor(rule, alert.threshold);
  }
  const nanoseconds left = alert.clears_in.value_or(AlertLife::ClearTime(alert));
  if (left <= nanoseconds(0)) return "as soon as it is " + level;
  return "when it has been " + level + " for " + SpanText(left) + (alert.clears_in ? " more" : "");
}

std::string CountsText(const AlertEvidence::Counts& counts) {
  std::string text;
  for (const auto& [name, count] : counts) {
    text += (text.empty() ? "" : ", ") + name + " (" + std::to_string(count) + ")";
  }
  return text;
}

std::string SpanText(nanoseconds span) {
  using std::chrono::minutes;
  using std::chrono::seconds;
  const seconds whole = std::max(std::chrono::round<seconds>(span), seconds(0));
  if (whole < minutes(2)) return std::to_string(whole.count()) + " s";
  const auto in_minutes = std::chrono::round<minutes>(whole).count();
  if (in_minutes < 60) return std::to_string(in_minutes) + " min";
  return std::to_string(in_minutes / 60) + " h " + std::to_string(in_minutes % 60) + " min";
}

}  // namespace connwatch
