#include <chrono>
#include <numeric>
#include <string>
#include <utility>

#include "exporters/json/json_api.h"
#include "exporters/json/json_destination.h"
#include "exporters/json/json_values.h"

namespace connwatch {

namespace {

Json ToJson(const PendingConnect& connect) {
  return {{"local", connect.local.ToString()},
          {"remote", connect.remote.ToString()},
          {"age_seconds", ToSeconds(connect.age)},
          {"retransmissions", connect.retransmissions},
          {"next_try_seconds", ToSeconds(connect.next_try)},
          {"unit", TextOrNull(connect.unit)}};
}

Json ToJson(const PendingDestination& destination) {
  return {{"remote", destination.remote.ToString()},
          {"count", destination.count},
          {"retransmitting", destination.retransmitting},
          {"oldest_age_seconds", ToSeconds(destination.oldest_age)},
          {"retransmissions_max", destination.retransmissions_max},
          {"next_try_seconds", ToSeconds(destination.next_try)},
          {"unit", TextOrNull(destination.unit)}};
}

Json DestinationsOf(const PendingConnects& pending) {
  Json list = Json::array();
  for (const PendingDestination& destination : pending.destinations) {
    list.push_back(ToJson(destination));
  }
  return list;
}

std::uint64_t CountPending(const PendingConnects& pending) {
  const auto add = [](std::uint64_t sum, const auto& group) { return sum + group.second.sockets; };
  return std::accumulate(pending.by_group.begin(), pending.by_group.end(), std::uint64_t{0}, add);
}

// What this host cannot see is null, not 0. Inbound handshakes have no other outcome than ok.
Json Outcomes(const HandshakeCounts& counts, Direction direction, const TracingStatus& tracing) {
  Json object = Json::object();
  for (const HandshakeOutcome outcome : kHandshakeOutcomes) {
    if (direction == Direction::kInbound && outcome != HandshakeOutcome::kEstablished) continue;
    const bool is_seen = outcome != HandshakeOutcome::kNoRoute || tracing.sees_no_route;
    object[std::string(Name(outcome))] = is_seen ? Json(counts.Of(outcome)) : Json();
  }
  return object;
}

Json ToJson(const LatencyCounts& latency) {
  Json mean;
  if (latency.count() > 0) {
    const std::chrono::duration<double, std::nano> sum = latency.sum();
    mean = ToSeconds(sum / static_cast<double>(latency.count()));
  }
  return {{"count", latency.count()},
          {"mean_seconds", std::move(mean)},
          {"median_seconds", QuantileOf(latency, 0.5)},
          {"p99_seconds", QuantileOf(latency, 0.99)}};
}

Json TracedGroups(const Snapshot& snapshot) {
  Json groups = Json::array();
  for (const ShownGroup& group : snapshot.groups) {
    for (const Direction direction : kDirections) {
      if (!group.directions.at(IndexOf(direction))) continue;
      const HandshakeCounts& counts = snapshot.handshakes->totals[{direction, group.id}];
      groups.push_back({{"group", group.name},
                        {"direction", Name(direction)},
                        {"outcomes", Outcomes(counts, direction, snapshot.tracing)},
                        {"syn_retransmissions", counts.syn_retransmissions},
                        {"latency", ToJson(counts.latency)}});
    }
  }
  return groups;
}

Json ToJson(const Destination& destination, const Snapshot& snapshot) {
  Json object =
      ToJson(destination, Outcomes(destination.recent, Direction::kOutbound, snapshot.tracing));
  object["latest_age_seconds"] = ToSeconds(snapshot.at.monotonic - destination.latest);
  return object;
}

// null is not an empty list: whoever asks must not take "not traced" for "none".
Json Tracing(const Snapshot& snapshot) {
  if (snapshot.handshakes == nullptr) return {};
  const Handshakes& handshakes = *snapshot.handshakes;
  Json destinations = Json::array();
  for (const Destination& destination : handshakes.destinations) {
    destinations.push_back(ToJson(destination, snapshot));
  }
  return {{"recent_seconds", ToSeconds(handshakes.recent_span)},
          {"folded", handshakes.folded},
          {"groups", TracedGroups(snapshot)},
          {"destinations", std::move(destinations)},
          {"by_count", handshakes.by_count},
          {"by_failures", handshakes.by_failures},
          {"by_latency", handshakes.by_latency}};
}

}  // namespace

std::optional<std::string> RenderHandshakes(const Snapshot& snapshot, const Paging& paging) {
  if (!snapshot.pending_connects) return std::nullopt;
  Json answer = {{"polled_timestamp_seconds", PolledTimestamp(snapshot, Tier::kHandshakes)},
                 {"pending_total", CountPending(*snapshot.pending_connects)}};
  AddPage(answer, "pending", snapshot.pending_connects->oldest, paging,
          [](const PendingConnect& connect) { return ToJson(connect); });
  answer["pending_destinations"] = DestinationsOf(*snapshot.pending_connects);
  answer["pending_destinations_folded"] = snapshot.pending_connects->destinations_folded;
  answer["tracing"] = Tracing(snapshot);
  return Write(answer);
}

}  // namespace connwatch
