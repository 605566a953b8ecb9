// What the answers of the JSON API have in common: times, lists in pages, the form of the text.
// Only for the .cc files that write JSON.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "core/base/duration_histogram.h"
#include "core/base/instant.h"
#include "core/snapshot.h"
#include "exporters/http/query.h"

namespace connwatch {

/// Fields keep the order in which they were added.
using Json = nlohmann::ordered_json;

double ToSeconds(std::chrono::duration<double> duration);
/// Seconds since 1970.
Json Timestamp(WallTime time);

/// null if the value is not known.
template <typename T>
Json OrNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

/// null if the text is empty, which means that it is not known.
Json TextOrNull(const std::string& text);

/// The duration that this share of a histogram does not exceed, in seconds; null if it is empty.
template <typename Histogram>
Json QuantileOf(const Histogram& histogram, double share) {
  const auto quantile = histogram.Quantile(share);
  return quantile ? Json(ToSeconds(*quantile)) : Json();
}

/// When the tier was last read; null before that.
Json PolledTimestamp(const Snapshot& snapshot, Tier tier);

/// Indented, with a newline at the end; bytes that are no UTF-8 are replaced.
std::string Write(const Json& answer);
/// In one line, without a newline at the end.
std::string WriteCompact(const Json& json);

/// Adds to `answer` the fields total, limit and offset, and the list `name` with what `to_json`
/// makes of the entries asked for.
template <typename List, typename Function>
void AddPage(Json& answer, const char* name, const List& list, const Paging& paging,
             Function to_json) {
  answer["total"] = list.size();
  answer["limit"] = paging.limit;
  answer["offset"] = paging.offset;
  Json listed = Json::array();
  const std::size_t end = std::min(list.size(), paging.offset + paging.limit);
  for (std::size_t i = paging.offset; i < end; ++i) listed.push_back(to_json(list[i]));
  answer[name] = std::move(listed);
}

}  // namespace connwatch
