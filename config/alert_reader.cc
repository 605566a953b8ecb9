#include "config/alert_reader.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "config/alert_parser.h"
#include "config/printable.h"
#include "core/alerts/alert_defaults.h"

namespace connwatch {

namespace {

using namespace std::chrono_literals;

constexpr std::string_view kName = "name";
constexpr std::string_view kSignal = "signal";
constexpr std::string_view kAbove = "above";
constexpr std::string_view kBelow = "below";
constexpr std::string_view kGrowth = "growth";
constexpr std::string_view kClear = "clear";
constexpr DurationRange kHold{.min = 0us, .max = 24h};

using Texts = std::map<std::string, std::string>;
using TextParser = Result<std::string> (*)(std::string_view);

// A rule while it is read: what it begins with, and what its mapping gives.
struct AlertDraft {
  AlertRule rule;  // begins as the default rule of that name, if there is one
  bool is_default = false;
  std::optional<SignalUnit> unit;  // absent while the signal is missing or unknown
  std::optional<double> above;
  std::optional<double> below;
  AlertGrowth growth;
  std::optional<double> clear_above;
  std::optional<double> clear_below;
};

// A number in the unit of the rule's signal. If the signal is not known, which is reported as a
// mistake of its own, any text is accepted.
ValueReader SignalNumber(std::optional<SignalUnit> unit,
                         std::function<Result<void>(double)> store) {
  constexpr double kStandIn = 1;
  return TextReader(unit ? std::string(SignalNumberExample(*unit)) : "a number",
                    [unit, store = std::move(store)](const std::string& text) -> Result<void> {
                      if (!unit) return store(kStandIn);
                      const Result<double> number = ParseSignalNumber(text, *unit);
                      return number ? store(*number) : number.error();
                    });
}

ValueReader SignalNumber(std::optional<double>& into, std::optional<SignalUnit> unit) {
  return SignalNumber(unit, [&into](double number) -> Result<void> {
    into = number;
    return {};
  });
}

ValueReader Growth(AlertDraft& draft) {
  const auto per_second = SignalNumber(draft.unit, [&draft](double number) -> Result<void> {
    if (number <= 0) return Error{0, "0 is too small, must be more than 0"};
    draft.growth.per_second = number;
    return {};
  });
  const auto check = [&draft](const Place& place) {
    if (draft.growth.per_second <= 0) {
      place.Reject("has no per_second, must have the keys per_second and over");
    } else if (draft.growth.over == 0ms) {
      place.Reject("has no over, must have the keys per_second and over");
    } else {
      draft.rule.growth = draft.growth;
    }
  };
  return Mapping(
      {{"per_second", per_second}, {"over", Duration(draft.growth.over, {.min = 5s, .max = 1h})}},
      check);
}

ValueReader Clear(AlertDraft& draft) {
  return Mapping({{kAbove, SignalNumber(draft.clear_above, draft.unit)},
                  {kBelow, SignalNumber(draft.clear_below, draft.unit)},
                  {"for", Duration(draft.rule.clear.hold, kHold)}});
}

// A mapping whose keys the user chooses. `parse_name` reads a key and `parse` reads a value.
// Nothing at all is like an absent key.
ValueReader OwnKeys(Texts& into, std::string must_be, TextParser parse_name, TextParser parse) {
  constexpr std::size_t kMaxKeys = 20;
  const auto read = [&into, must_be = std::move(must_be), parse_name, parse](const Place& place) {
    const std::vector<YamlNode>& values = place.node.children;
    if (place.HasNothing() || !place.Is(YamlNode::Kind::kMapping, must_be)) return;
    if (values.size() > kMaxKeys) {
      return place.Reject("has " + std::to_string(values.size()) + " keys, must be at most 20");
    }
    into.clear();
    for (const YamlNode& value : values) {
      const std::string key_path = place.key_path + "." + Clipped(value.key);
      const Result<std::string> name = parse_name(value.key);
      if (!name || into.contains(value.key)) {
        place.errors.Add(value.key_position, key_path,
                         name ? "duplicate key, must be given once" : name.error().context);
        continue;
      }
      Text(into[value.key], "a text", parse).read({value, key_path, place.errors});
    }
  };
  return {read, {}};
}

// Labels that alerts already have, here or in Prometheus. If two alerts differ only in such a
// label, Prometheus takes them for one and refuses the rule.
constexpr auto kLabelsOfAlerts = std::to_array<std::string_view>(
    {"alertname", "group", "listener", "namespace", "netns", "pod", "severity", "unit"});
// Labels that alert_labels may set, but no single rule.
constexpr auto kLabelsOfHosts = std::to_array<std::string_view>({"instance", "job"});

void RefuseLabels(const Texts& labels, std::span<const std::string_view> names,
                  const Place& place) {
  for (const auto& [name, value] : labels) {
    if (std::ranges::find(names, name) == names.end()) continue;
    place.Find(name)->Reject("is a label that alerts have already, must be another name");
  }
}

void CheckLabels(const Texts& labels, const Place& place) {
  const std::optional<Place> at = place.Find("labels");
  if (!at) return;
  RefuseLabels(labels, kLabelsOfAlerts, *at);
  RefuseLabels(labels, kLabelsOfHosts, *at);
}

// Replaces the default's threshold by the new one.
void ApplyThreshold(AlertDraft& draft, const Place& place) {
  AlertRule& rule = draft.rule;
  if (draft.above && draft.below) {
    return place.Find(kBelow)->Reject("is given together with above, must be only one of them");
  }
  if (draft.below && rule.growth) {
    return place.Find(kBelow)->Reject("is given together with growth, must be above");
  }
  if (!draft.above && !draft.below) return;
  if (draft.below && *draft.below <= 0) {
    return place.Find(kBelow)->Reject("0 is too small, must be more than 0: nothing is below 0");
  }
  const ThresholdSide side = draft.above ? ThresholdSide::kAbove : ThresholdSide::kBelow;
  if (rule.threshold && rule.threshold->side != side) rule.clear.level.reset();
  rule.threshold = AlertThreshold{side, draft.above ? *draft.above : *draft.below};
}

void ApplyClear(AlertDraft& draft, const Place& place) {
  AlertRule& rule = draft.rule;
  const bool is_below = rule.threshold && rule.threshold->side == ThresholdSide::kBelow;
  const std::optional<double>& right = is_below ? draft.clear_above : draft.clear_below;
  const std::optional<double>& wrong = is_below ? draft.clear_below : draft.clear_above;
  const std::string_view right_key = is_below ? kAbove : kBelow;
  const std::string_view wrong_key = is_below ? kBelow : kAbove;
  if (wrong) {
    return place.Find(kClear)->Find(wrong_key)->Reject(
        "is the side where the alert fires, must be the key " + std::string(right_key));
  }
  if (!rule.threshold) {
    rule.clear.level = right ? right : rule.clear.level;
    return;
  }
  const double threshold = rule.threshold->value;
  const auto is_beyond = [&](double level) {
    return is_below ? level < threshold : level > threshold;
  };
  if (right && is_beyond(*right)) {
    const std::string limit = FormatSignalNumber(threshold, SpecOf(rule.signal).unit);
    return place.Find(kClear)->Find(right_key)->Reject(
        "is on the side where the alert fires, must be at " +
        std::string(is_below ? "least " : "most ") + limit);
  }
  if (right) rule.clear.level = right;
  // This changes the clear level of a default rule if its threshold was moved across that level.
  if (rule.clear.level && is_beyond(*rule.clear.level)) rule.clear.level = threshold;
}

void CheckRule(AlertDraft& draft, const Place& place) {
  AlertRule& rule = draft.rule;
  if (rule.name.empty()) return place.Reject("has no name, must have the key name");
  if (!draft.is_default && !place.Find(kSignal)) {
    return place.Reject("has no signal, must have the key signal");
  }
  const std::size_t errors_before = place.errors.size();
  ApplyThreshold(draft, place);
  if (place.errors.size() > errors_before) return;
  if (!rule.threshold && !rule.growth) {
    return place.Reject("has no condition, must have one of the keys above, below, growth");
  }
  ApplyClear(draft, place);
  CheckLabels(rule.labels, place);
}

// Reads the name and the signal first, because the other values depend on them: the name decides
// the defaults, the signal decides the unit.
AlertDraft BeginDraft(const Place& place) {
  AlertDraft draft;
  const std::vector<AlertRule> defaults = DefaultAlertRules();
  const std::optional<Place> name = place.Find(kName);
  const auto same = std::ranges::find_if(
      defaults, [&name](const AlertRule& rule) { return name && name->node.text == rule.name; });
  if (same != defaults.end()) {
    draft.rule = *same;
    draft.is_default = true;
    draft.unit = SpecOf(draft.rule.signal).unit;
  }
  const std::optional<Place> signal_place = place.Find(kSignal);
  if (!signal_place) return draft;
  const Result<AlertSignal> signal = ParseAlertSignal(signal_place->node.text);
  draft.unit = signal ? std::optional(SpecOf(*signal).unit) : std::nullopt;
  if (!signal || (draft.is_default && *signal == draft.rule.signal)) return draft;
  // The thresholds of the default's signal mean nothing for another signal.
  draft.rule.signal = *signal;
  draft.rule.threshold.reset();
  draft.rule.growth.reset();
  draft.rule.clear.level.reset();
  return draft;
}

void ReadRule(AlertRule& into, const Place& place) {
  AlertDraft draft = BeginDraft(place);
  AlertRule& rule = draft.rule;
  draft.growth = rule.growth.value_or(AlertGrowth{});
  const ValueReader reader = Mapping(
      {{kName, Text(rule.name, "a name", ParseAlertName)},
       {kSignal, Text(rule.signal, "the name of a signal", ParseAlertSignal)},
       {kAbove, SignalNumber(draft.above, draft.unit)},
       {kBelow, SignalNumber(draft.below, draft.unit)},
       {kGrowth, Growth(draft)},
       {"for", Duration(rule.hold, kHold)},
       {kClear, Clear(draft)},
       {"severity", Word(rule.severity, {{"info", AlertSeverity::kInfo},
                                         {"warning", AlertSeverity::kWarning},
                                         {"critical", AlertSeverity::kCritical}})},
       {"labels",
        OwnKeys(rule.labels, "a mapping such as {team: network}", ParseLabelName, ParseLabelValue)},
       {"annotations", OwnKeys(rule.annotations, "a mapping such as {summary: text}",
                               ParseAnnotationName, ParseAnnotation)},
       {"match", OneOrList(rule.match, {.min = 1, .max = 100},
                           [](SubjectPattern& pattern) {
                             return Text(pattern, "a subject such as \"0.0.0.0:443\" or \"db*\"",
                                         ParseSubjectPattern);
                           })},
       {"enabled", Word(rule.enabled, {{"false", false}, {"true", true}})}},
      [&draft](const Place& at) { CheckRule(draft, at); });
  reader.read(place);
  into = std::move(rule);
}

void CheckNamesDiffer(const std::vector<AlertRule>& rules, const Place& place) {
  std::unordered_map<std::string_view, std::size_t> first_with;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const auto [first, is_new] = first_with.emplace(rules[i].name, i);
    if (is_new) continue;
    place.Item(i).Find(kName)->Reject(Quoted(rules[i].name) + " is the name of alerts[" +
                                      std::to_string(first->second) +
                                      "] already, must be another name");
  }
}

std::vector<AlertRule> WithDefaults(const std::vector<AlertRule>& given) {
  std::vector<AlertRule> rules = DefaultAlertRules();
  for (const AlertRule& rule : given) {
    const auto same = std::ranges::find(rules, rule.name, &AlertRule::name);
    if (same != rules.end()) {
      *same = rule;
    } else {
      rules.push_back(rule);
    }
  }
  return rules;
}

}  // namespace

ValueReader LabelsOfAlerts(std::map<std::string, std::string>& labels) {
  ValueReader reader =
      OwnKeys(labels, "a mapping such as {region: eu}", ParseLabelName, ParseOwnLabelValue);
  const auto read = [&labels, read_keys = std::move(reader.read)](const Place& place) {
    const std::size_t errors_before = place.errors.size();
    read_keys(place);
    if (place.errors.size() == errors_before) RefuseLabels(labels, kLabelsOfAlerts, place);
  };
  return {read, {}};
}

ValueReader Alerts(std::vector<AlertRule>& alerts) {
  const auto read = [&alerts](const Place& place) {
    const std::size_t errors_before = place.errors.size();
    std::vector<AlertRule> given(place.node.children.size());
    for (std::size_t i = 0; i < given.size(); ++i) ReadRule(given[i], place.Item(i));
    if (place.errors.size() > errors_before) return;
    CheckNamesDiffer(given, place);
    alerts = WithDefaults(given);
  };
  return SequenceReader({.min = 0, .max = kMaxAlertRules}, read, {});
}

}  // namespace connwatch
