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

// `object` with the fields of a document behind its own, in one line. The document is taken as it
// is: there may be thousands of them. One that cannot be read any more is left out.
std::string WithDocument(const Json& object, const std::string& document) {
  std::string line = WriteCompact(object);
  const bool is_object = document.starts_with("{\"") && document.ends_with('}') &&
                         document.find('\0') == std::string::npos && Json::accept(document);
  if (!is_object) return line;
  line.back() = ',';
  return line.append(document, 1);
}

// `object`, which is JSON, with one more field, whose value is JSON.
std::string WithField(std::string object, const std::string& name, const std::string& value) {
  object.back() = ',';
  return object + '"' + name + "\":" + value + '}';
}

std::string LineOf(const Incident& incident) {
  const bool goes_on = incident.end == IncidentEnd::kGoesOn;
  return WithDocument(
      {{"id", incident.id},
       {"fired_timestamp_seconds", Timestamp(incident.fired_at)},
       {"ended_timestamp_seconds", incident.ended_at ? Timestamp(*incident.ended_at) : Json()},
       {"end", goes_on ? Json() : Json(Name(incident.end))},
       {"end_text", EndText(incident)}},
      incident.document);
}

std::string LineOf(const IncidentSample& sample) {
  return WithDocument({{"timestamp_seconds", Timestamp(sample.at)}}, sample.document);
}

template <typename Entry>
std::string LinesOf(const std::vector<Entry>& entries) {
  std::string lines = "[";
  for (const Entry& entry : entries) {
    lines += lines.size() > 1 ? ",\n" : "\n";
    lines += LineOf(entry);
  }
  return lines + "]";
}

std::string HistoryOf(const std::vector<IncidentSample>& samples) {
  const Json history = {{"interval_seconds", ToSeconds(RecentHistory::kInterval)},
                        {"span_seconds", ToSeconds(2 * kIncidentMargin)}};
  return WithField(WriteCompact(history), "samples", LinesOf(samples));
}

}  // namespace

std::string RenderIncidents(const IncidentPage& page, const IncidentQuery& query) {
  const Json head = {{"total", page.total},
                     {"limit", query.limit},
                     {"offset", query.offset},
                     {"is_persistent", page.is_persistent}};
  std::string incidents = LinesOf(page.incidents);
  if (query.id && page.incidents.size() == 1) {
    const std::string line =
        WithField(LineOf(page.incidents.front()), "history", HistoryOf(page.samples));
    incidents = "[\n" + line + "]";
  }
  return WithField(WriteCompact(head), "incidents", incidents) + "\n";
}

}  // namespace connwatch
