#include "exporters/json_api.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <numeric>

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

}  // namespace connwatch
