// Any bytes as a query of /api/v1/incidents: a question within its bounds, or one mistake within
// the text.
#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>

#include "exporters/json/incident_query.h"
#include "tests/fuzz/require.h"

namespace {

using connwatch::Require;
using connwatch::WallTime;

// In the years 1970 to 2200.
void CheckTime(const std::optional<WallTime>& time) {
  constexpr std::chrono::years kMostSince1970{231};
  Require(!time || (*time >= WallTime() && *time < WallTime(kMostSince1970)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string text(bytes, bytes + size);
  const auto result = connwatch::ParseIncidentQuery(text);
  if (const auto* mistake = std::get_if<connwatch::QueryMistake>(&result)) {
    constexpr std::size_t kLongest = 400;
    Require(mistake->position >= 1 && mistake->position <= size + 1);
    Require(!mistake->text.empty() && mistake->text.size() <= kLongest);
    return 0;
  }
  const auto& query = std::get<connwatch::IncidentQuery>(result);
  Require(query.limit >= 1 && query.limit <= connwatch::Paging::kMaxLimit);
  CheckTime(query.since);
  CheckTime(query.until);
  for (const auto& words : {query.alert, query.subject, query.id}) {
    Require(!words || !words->empty());
  }
  return 0;
}
