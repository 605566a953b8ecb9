#include "exporters/json/json_incidents.h"

#include <utility>

#include "core/base/rfc3339.h"
#include "exporters/json/json_values.h"

namespace connwatch {

namespace {

Json EndText(const Incident& incident) {
  const std::string at = incident.ended_at ? Rfc3339(*incident.ended_at) : "an unknown time";
  switch (incident.end) {
    case IncidentEnd::kGoesOn:
      return nullptr;
    case IncidentEnd::kResolved:
      return "it was over at " + at;
    case IncidentEnd::kDaemonStopped:
      return "the daemon was stopped at " + at;
    case IncidentEnd::kDaemonEnded:
      return "the daemon ended at " + at;
  }
  return nullptr;
}

// Adds the fields of a document that is kept. An older version of this program may have written it.
void AddDocument(const std::string& document, Json& object) {
  const Json kept = Json::parse(document, nullptr, /*allow_exceptions=*/false);
  if (kept.is_object()) object.update(kept);
}

Json ToJson(const Incident& incident) {
  const bool goes_on = incident.end == IncidentEnd::kGoesOn;
  Json object = {
      {"id", incident.id},
      {"fired_timestamp_seconds", Timestamp(incident.fired_at)},
      {"ended_timestamp_seconds", incident.ended_at ? Timestamp(*incident.ended_at) : Json()},
      {"end", goes_on ? Json() : Json(Name(incident.end))},
      {"end_text", EndText(incident)}};
  AddDocument(incident.document, object);
  return object;
}

Json HistoryOf(const std::vector<IncidentSample>& samples) {
  Json list = Json::array();
  for (const IncidentSample& sample : samples) {
    Json object = {{"timestamp_seconds", Timestamp(sample.at)}};
    AddDocument(sample.document, object);
    list.push_back(std::move(object));
  }
  return {{"interval_seconds", ToSeconds(RecentHistory::kInterval)},
          {"span_seconds", ToSeconds(2 * kIncidentMargin)},
          {"samples", std::move(list)}};
}

}  // namespace

std::string RenderIncidents(const IncidentPage& page, const IncidentQuery& query) {
  Json incidents = Json::array();
  for (const Incident& incident : page.incidents) incidents.push_back(ToJson(incident));
  if (query.id && !incidents.empty()) incidents.front()["history"] = HistoryOf(page.samples);
  return Write({{"total", page.total},
                {"limit", query.limit},
                {"offset", query.offset},
                {"is_persistent", page.is_persistent},
                {"incidents", std::move(incidents)}});
}

}  // namespace connwatch
