#include "exporters/json/incident_query.h"

#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <utility>

#include "core/base/rfc3339.h"

namespace connwatch {

namespace {

using Mistake = std::optional<QueryMistake>;

constexpr std::array kSeverities = {AlertSeverity::kInfo, AlertSeverity::kWarning,
                                    AlertSeverity::kCritical};
constexpr std::array<std::string_view, 8> kParameterNames = {
    "since", "until", "alert", "subject", "severity", "id", "limit", "offset"};

std::optional<WallTime> ParseSeconds(std::string_view text) {
  constexpr double kMost = 7e9;  // in the year 2191
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (!(seconds >= 0 && seconds <= kMost)) return std::nullopt;
  const std::chrono::duration<double> since_1970(seconds);
  return WallTime(std::chrono::duration_cast<WallTime::duration>(since_1970));
}

Mistake ReadTime(const QueryParameter& parameter, std::optional<WallTime>& time) {
  time = ParseSeconds(parameter.value);
  if (!time) time = ParseRfc3339(parameter.value);
  if (time) return std::nullopt;
  return QueryMistake{parameter.value_position,
                      parameter.name +
                          " must be a time such as 2026-11-29T03:00:00Z, or seconds since 1970, "
                          "not " +
                          QuotedPiece(parameter.value)};
}

Mistake ReadSeverity(const QueryParameter& parameter, IncidentQuery& query) {
  for (const AlertSeverity severity : kSeverities) {
    if (parameter.value == Name(severity)) {
      query.severity = severity;
      return std::nullopt;
    }
  }
  return QueryMistake{parameter.value_position, "severity must be critical, warning or info, not " +
                                                    QuotedPiece(parameter.value)};
}

Mistake ReadText(const QueryParameter& parameter, std::optional<std::string>& text) {
  if (parameter.value.empty()) {
    return QueryMistake{parameter.value_position, parameter.name + " is empty"};
  }
  text = parameter.value;
  return std::nullopt;
}

// limit and offset are read by ReadPaging.
Mistake Read(const QueryParameter& parameter, IncidentQuery& query) {
  if (parameter.name == "since") return ReadTime(parameter, query.since);
  if (parameter.name == "until") return ReadTime(parameter, query.until);
  if (parameter.name == "alert") return ReadText(parameter, query.alert);
  if (parameter.name == "subject") return ReadText(parameter, query.subject);
  if (parameter.name == "severity") return ReadSeverity(parameter, query);
  if (parameter.name == "id") return ReadText(parameter, query.id);
  return std::nullopt;
}

}  // namespace

std::variant<IncidentQuery, QueryMistake> ParseIncidentQuery(std::string_view text) {
  auto parsed = ParseQuery(text, kParameterNames);
  if (auto* mistake = std::get_if<QueryMistake>(&parsed)) return std::move(*mistake);
  IncidentQuery query;
  for (const QueryParameter& parameter : std::get<Query>(parsed)) {
    if (auto mistake = Read(parameter, query)) return *std::move(mistake);
  }
  auto paging = ReadPaging(std::get<Query>(parsed));
  if (auto* mistake = std::get_if<QueryMistake>(&paging)) return std::move(*mistake);
  query.limit = std::get<Paging>(paging).limit;
  query.offset = std::get<Paging>(paging).offset;
  return query;
}

}  // namespace connwatch
