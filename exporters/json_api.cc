#include "exporters/json_api.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <numeric>

#include "core/alert_table.h"

namespace connwatch {

namespace {

using Json = nlohmann::ordered_json;

double InSeconds(std::chrono::duration<double> duration) { return duration.count(); }

// When the tier was last read; null before that.
Json PolledTimestamp(const Snapshot& snapshot, Tier tier) {
  const auto poll = std::ranges::find(snapshot.polls, tier, &PollHealth::tier);
  if (poll == snapshot.polls.end() || !poll->last_success()) return nullptr;
  return InSeconds(poll->last_success()->time_since_epoch());
}

Json ToJson(const PendingConnect& connect) {
  return {{"local", connect.local.ToString()},
          {"remote", connect.remote.ToString()},
          {"age_seconds", InSeconds(connect.age)},
          {"retransmissions", connect.retransmissions},
          {"next_try_seconds", InSeconds(connect.next_try)}};
}

std::uint64_t CountPending(const PendingConnects& pending) {
  const auto add = [](std::uint64_t sum, const auto& group) { return sum + group.second.sockets; };
  return std::accumulate(pending.by_group.begin(), pending.by_group.end(), std::uint64_t{0}, add);
}

Json ToJson(WallTime time) { return InSeconds(time.time_since_epoch()); }

Json ToJson(const AlertEvidence::Counts& counts) {
  Json object = Json::object();
  for (const auto& [name, count] : counts) object[name] = count;
  return object;
}

Json ToJson(const AlertEvidence& evidence) {
  Json numbers = Json::object();
  for (const auto& [name, value] : evidence.numbers) numbers[name] = value;
  Json recent = Json::array();
  for (const auto& [seconds_before, value] : evidence.recent) {
    recent.push_back({{"seconds_before", seconds_before}, {"value", value}});
  }
  return {{"text", evidence.text},
          {"numbers", std::move(numbers)},
          {"top_sources", ToJson(evidence.top_sources)},
          {"top_destinations", ToJson(evidence.top_destinations)},
          {"recent", std::move(recent)}};
}

Json ToJson(const Alert& alert) {
  Json object = {
      {"alert", alert.rule->name},  {"subject", alert.subject},
      {"state", Name(alert.state)}, {"severity", Name(alert.rule->severity)},
      {"value", alert.value},       {"threshold", alert.threshold},
      {"cause", alert.cause},       {"since_timestamp_seconds", ToJson(alert.since.wall)}};
  object["fired_timestamp_seconds"] = alert.fired_at ? ToJson(alert.fired_at->wall) : Json();
  object["evidence"] = alert.evidence ? ToJson(*alert.evidence) : Json();
  return object;
}

}  // namespace

std::optional<std::string> RenderHandshakes(const Snapshot& snapshot) {
  if (!snapshot.pending_connects) return std::nullopt;
  Json listed = Json::array();
  for (const PendingConnect& connect : snapshot.pending_connects->oldest) {
    listed.push_back(ToJson(connect));
  }
  const Json answer = {{"polled_timestamp_seconds", PolledTimestamp(snapshot, Tier::kHandshakes)},
                       {"pending_total", CountPending(*snapshot.pending_connects)},
                       {"pending", std::move(listed)}};
  return answer.dump(2) + "\n";
}

std::optional<std::string> RenderAlerts(const Snapshot& snapshot) {
  if (!snapshot.alerts) return std::nullopt;
  Json listed = Json::array();
  for (const Alert& alert : snapshot.alerts->alerts) listed.push_back(ToJson(alert));
  return Json({{"alerts", std::move(listed)}}).dump(2) + "\n";
}

}  // namespace connwatch
