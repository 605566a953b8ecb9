#include <string_view>
#include <utility>
#include <vector>

#include "exporters/json/json_api.h"
#include "exporters/json/json_values.h"

namespace connwatch {

namespace {

struct Entry {
  GroupKey key;
  std::string_view name;
};

std::vector<Entry> EntriesOf(const std::vector<ShownGroup>& groups) {
  std::vector<Entry> entries;
  for (const ShownGroup& group : groups) {
    for (const Direction direction : kDirections) {
      if (!group.directions.at(IndexOf(direction))) continue;
      entries.push_back({{direction, group.id}, group.name});
    }
  }
  return entries;
}

Json States(const GroupLevels& levels) {
  Json states;
  for (const TcpState state : kTcpStates) {
    states[std::string(Name(state))] = levels.states.at(IndexOf(state));
  }
  return states;
}

void AddQueues(Json& object, const GroupLevels& levels) {
  object["receive_queue_bytes"] = levels.receive_queue_bytes;
  object["receive_queue_bytes_max"] = levels.receive_queue_bytes_max;
  object["send_queue_bytes"] = levels.send_queue_bytes;
  object["send_queue_bytes_max"] = levels.send_queue_bytes_max;
}

void AddTraffic(Json& object, const GroupTraffic& traffic) {
  const ConnectionUsage& usage = traffic.usage;
  object["bytes_sent_total"] = usage.bytes_sent;
  object["bytes_received_total"] = usage.bytes_received;
  object["segments_sent_total"] = usage.segments_sent;
  object["segments_retransmitted_total"] = usage.segments_retransmitted;
  object["connections_closed_total"] = traffic.closed;
  object["busy_seconds_total"] = ToSeconds(usage.busy);
  object["rwnd_limited_seconds_total"] = ToSeconds(usage.rwnd_limited);
  object["sndbuf_limited_seconds_total"] = ToSeconds(usage.sndbuf_limited);
}

// null before there is something to compare with.
Json RatesOf(const std::optional<GroupRates>& rates, GroupKey key) {
  if (!rates) return nullptr;
  const TrafficRates& group = rates->groups[key];
  return {{"span_seconds", ToSeconds(rates->span)},
          {"bytes_sent_per_second", group.bytes_sent},
          {"bytes_received_per_second", group.bytes_received},
          {"segments_sent_per_second", group.segments_sent},
          {"segments_retransmitted_per_second", group.segments_retransmitted},
          {"retransmitted_ratio", OrNull(group.RetransmittedRatio())},
          {"connections_closed_per_second", group.connections_closed}};
}

// The last bucket has no bound.
Json Buckets(const DurationHistogram& histogram) {
  Json buckets = Json::array();
  const auto bounds = histogram.upper_bounds();
  for (std::size_t i = 0; i < histogram.bucket_counts().size(); ++i) {
    const Json bound = i < bounds.size() ? Json(ToSeconds(bounds[i])) : Json();
    buckets.push_back({{"upper_bound_seconds", bound}, {"count", histogram.bucket_counts()[i]}});
  }
  return buckets;
}

Json ToJson(const DurationHistogram& histogram) {
  return {{"count", histogram.count()},
          {"sum_seconds", ToSeconds(histogram.sum())},
          {"p50_seconds", QuantileOf(histogram, 0.5)},
          {"p90_seconds", QuantileOf(histogram, 0.9)},
          {"p99_seconds", QuantileOf(histogram, 0.99)},
          {"buckets", Buckets(histogram)}};
}

}  // namespace

std::optional<std::string> RenderGroups(const Snapshot& snapshot, const Paging& paging) {
  if (!snapshot.sockets) return std::nullopt;
  Json answer = {{"polled_timestamp_seconds", PolledTimestamp(snapshot, Tier::kFull)}};
  AddPage(answer, "groups", EntriesOf(snapshot.groups), paging, [&](const Entry& entry) {
    const GroupLevels& levels = snapshot.sockets->groups[entry.key];
    Json object = {{"direction", Name(entry.key.direction)}, {"group", entry.name}};
    object["states"] = States(levels);
    AddQueues(object, levels);
    AddTraffic(object, snapshot.traffic[entry.key]);
    object["rates"] = RatesOf(snapshot.group_rates, entry.key);
    object["rtt"] = ToJson(snapshot.totals.rtt[entry.key]);
    return object;
  });
  answer["folded_groups"] = snapshot.folded_groups;
  return Write(answer);
}

}  // namespace connwatch
