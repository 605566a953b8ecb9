#include "exporters/json/json_alerts.h"

#include <chrono>
#include <string_view>
#include <utility>

#include "core/alerts/alert_text.h"
#include "core/incidents/incident.h"
#include "exporters/json/json_destination.h"
#include "exporters/json/json_incidents.h"

namespace connwatch {

namespace {

Json ToJson(const AlertEvidence::Counts& counts) {
  Json object = Json::object();
  for (const auto& [name, count] : counts) object[name] = count;
  return object;
}

// Only those that there were.
Json OutcomesOf(const HandshakeCounts& counts) {
  Json object = Json::object();
  for (const HandshakeOutcome outcome : kHandshakeOutcomes) {
    if (counts.Of(outcome) > 0) object[std::string(Name(outcome))] = counts.Of(outcome);
  }
  return object;
}

Json EvidenceToJson(const AlertEvidence& evidence) {
  Json numbers = Json::object();
  for (const auto& [name, value] : evidence.numbers) numbers[name] = value;
  Json recent = Json::array();
  for (const auto& [seconds_before, value] : evidence.recent) {
    recent.push_back({{"seconds_before", seconds_before}, {"value", value}});
  }
  Json destinations = Json::array();
  for (const Destination& destination : evidence.destinations) {
    destinations.push_back(ToJson(destination, OutcomesOf(destination.recent)));
  }
  return {{"text", evidence.text},
          {"numbers", std::move(numbers)},
          {"top_sources", ToJson(evidence.top_sources)},
          {"top_destinations", ToJson(evidence.top_destinations)},
          {"top_units", ToJson(evidence.top_units)},
          {"top_groups", ToJson(evidence.top_groups)},
          {"destinations", std::move(destinations)},
          {"recent", std::move(recent)}};
}

Json ToJson(const std::optional<AlertFlapping>& flapping) {
  if (!flapping) return nullptr;
  return {{"times", flapping->times},
          {"span_seconds", std::chrono::duration<double>(flapping->span).count()}};
}

// What an alert says that neither changes nor ends with it.
Json IdentityOf(const Alert& alert) {
  Json object = {{"alert", alert.rule->name}, {"subject", alert.subject}};
  if (!alert.netns.empty()) object["netns"] = alert.netns;
  if (!alert.pod_namespace.empty()) object["namespace"] = alert.pod_namespace;
  if (!alert.pod.empty()) object["pod"] = alert.pod;
  object["unit"] = alert.unit;
  return object;
}

void AddMeasured(const Alert& alert, const std::optional<Instant>& ended, Json& object) {
  object["severity"] = Name(alert.rule->severity);
  object["signal"] = Name(alert.rule->signal);
  object["summary"] = SummaryOf(alert, ended);
  object["advice"] = AdviceOf(alert);
  object["value_unit"] = Name(SpecOf(alert.rule->signal).unit);
  object["value"] = alert.value;
  object["worst_value"] = alert.worst;
  object["threshold"] = alert.threshold;
  object["cause"] = alert.cause;
}

Json EvidenceOrNull(const std::shared_ptr<const AlertEvidence>& evidence) {
  return evidence ? EvidenceToJson(*evidence) : Json();
}

}  // namespace

Json AlertToJson(const Alert& alert) {
  Json object = IdentityOf(alert);
  object["state"] = Name(alert.state);
  AddMeasured(alert, std::nullopt, object);
  const bool is_firing = alert.state == AlertState::kFiring;
  object["ends"] = is_firing ? Json(EndsWhen(alert)) : Json();
  object["flapping"] = ToJson(alert.flapping);
  object["since_timestamp_seconds"] = Timestamp(alert.since.wall);
  object["fired_timestamp_seconds"] = alert.fired_at ? Timestamp(alert.fired_at->wall) : Json();
  object["incident"] = alert.fired_at ? Json(IncidentIdOf(alert)) : Json();
  object["evidence"] = EvidenceOrNull(alert.evidence);
  return object;
}

std::string DescribeIncident(const Alert& alert, const std::optional<Instant>& ended) {
  Json object = IdentityOf(alert);
  AddMeasured(alert, ended, object);
  object["flapping"] = ToJson(alert.flapping);
  object["since_timestamp_seconds"] = Timestamp(alert.since.wall);
  object["worst_timestamp_seconds"] = alert.worst_at ? Timestamp(alert.worst_at->wall) : Json();
  object["evidence"] = EvidenceOrNull(alert.evidence);
  object["worst_evidence"] = EvidenceOrNull(alert.worst_evidence);
  return WriteCompact(object);
}

}  // namespace connwatch
