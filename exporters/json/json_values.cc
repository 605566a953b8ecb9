#include "exporters/json/json_values.h"

namespace connwatch {

double ToSeconds(std::chrono::duration<double> duration) { return duration.count(); }

Json Timestamp(WallTime time) { return ToSeconds(time.time_since_epoch()); }

Json TextOrNull(const std::string& text) { return text.empty() ? Json() : Json(text); }

Json PolledTimestamp(const Snapshot& snapshot, Tier tier) {
  const auto poll = std::ranges::find(snapshot.polls, tier, &PollHealth::tier);
  if (poll == snapshot.polls.end() || !poll->last_success()) return nullptr;
  return Timestamp(snapshot.at.WallOf(*poll->last_success()));
}

std::string Write(const Json& answer) {
  constexpr int kIndent = 2;
  return answer.dump(kIndent, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace) + "\n";
}

std::string WriteCompact(const Json& json) {
  return json.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

}  // namespace connwatch
