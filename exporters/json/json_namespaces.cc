#include <string>
#include <string_view>
#include <utility>

#include "core/namespaces/namespace_sums.h"
#include "exporters/json/json_api.h"
#include "exporters/json/json_listeners.h"
#include "exporters/json/json_values.h"

namespace connwatch {

namespace {

Json States(const NamespaceCounts& counts) {
  Json states;
  if (!counts.states) return states;
  for (const TcpState state : kTcpStates) {
    states[std::string(Name(state))] = counts.states->at(IndexOf(state));
  }
  return states;
}

void AddSums(Json& object, const ListenerSums& sums) {
  object["accept_queue_length"] = sums.accept_queue.length;
  object["accept_queue_utilization_ratio"] = OrNull(sums.accept_queue.Utilization());
  object["accept_queue_peak_utilization_ratio"] = OrNull(sums.accept_queue.PeakUtilization());
  object["full_sockets"] = sums.accept_queue.full_sockets;
  object["fullest_socket"] = {{"accept_queue_length", sums.accept_queue.fullest.length},
                              {"accept_queue_limit", sums.accept_queue.fullest.limit}};
  object["syn_queue_length"] = sums.syn_queue.length;
  object["syn_queue_peak"] = sums.syn_queue.peak;
  object["syn_queue_retransmitting"] = sums.syn_queue.retransmitting;
  object["drops_total"] = sums.drops;
}

Json Traffic(const NamespaceCounts& counts) {
  Json traffic;
  for (const Direction direction : kDirections) {
    const ConnectionUsage& usage = counts.traffic.at(IndexOf(direction));
    traffic[std::string(Name(direction))] = {
        {"bytes_sent_total", usage.bytes_sent},
        {"bytes_received_total", usage.bytes_received},
        {"segments_sent_total", usage.segments_sent},
        {"segments_retransmitted_total", usage.segments_retransmitted}};
  }
  return traffic;
}

void AddRest(Json& object, const NamespaceCounts& counts) {
  object["pending"] = {{"sockets", counts.pending.sockets},
                       {"retransmitting", counts.pending.retransmitting},
                       {"oldest_age_seconds", ToSeconds(counts.pending.oldest_age)}};
  object["traffic"] = Traffic(counts);
  object["rtt"] = {{"count", counts.rtt.count}, {"sum_seconds", ToSeconds(counts.rtt.sum)}};
}

Json ToJson(const NetworkNamespace& netns) {
  const NamespaceIdentity& id = netns.identity;
  const NamespaceCounts& counts = netns.counts;
  const ListenerSums sums = SumOf(counts.listeners);
  Json object = {{"netns", id.name},
                 {"unit", id.unit},
                 {"namespace", TextOrNull(id.pod_namespace)},
                 {"pod", TextOrNull(id.pod)},
                 {"cookie", id.cookie},
                 {"inode", id.inode},
                 {"is_in_trouble", netns.is_in_trouble},
                 {"states", States(counts)}};
  AddSums(object, sums);
  object["causes"] = Json::object();
  for (const DiagnosisCause cause : kDiagnosisCauses) {
    object["causes"][std::string(Name(cause))] = sums.causes.at(IndexOf(cause));
  }
  AddRest(object, counts);
  object["listeners"] = Json::array();
  for (const Listener& listener : counts.listeners.listeners) {
    object["listeners"].push_back(ToJson(listener, RateScope::kNamespace));
  }
  object["folded_listeners"] = FoldedListeners(counts.listeners);
  return object;
}

// The namespaces without a place.
Json Folded(const NetworkNamespaces& namespaces) {
  Json object = {{"namespaces", namespaces.folded},
                 {"in_trouble", namespaces.folded_in_trouble},
                 {"states", States(namespaces.other)}};
  AddSums(object, SumOf(namespaces.other.listeners));
  AddRest(object, namespaces.other);
  return object;
}

// null is not an empty list: whoever asks must not take "not seen" for "none".
std::string NotSeen(const WalkStatus& walk) {
  return Write({{"are_seen", false},
                {"reason", walk.reason},
                {"seen", Json()},
                {"unnamed", Json()},
                {"left_out", Json()},
                {"namespaces", Json()},
                {"folded", Json()}});
}

}  // namespace

std::optional<std::string> RenderNamespaces(const Snapshot& snapshot, const Paging& paging) {
  if (!snapshot.namespaces) {
    if (snapshot.walk.is_in_use) return std::nullopt;
    return NotSeen(snapshot.walk);
  }
  const NetworkNamespaces& namespaces = *snapshot.namespaces;
  Json answer = {
      {"are_seen", true},
      {"reason", Json()},
      {"polled_timestamp_seconds", PolledTimestamp(snapshot, Tier::kFull)},
      {"accept_queues_polled_timestamp_seconds", PolledTimestamp(snapshot, Tier::kListeners)},
      {"syn_queues_polled_timestamp_seconds", PolledTimestamp(snapshot, Tier::kHandshakes)},
      {"seen", namespaces.seen},
      {"unnamed", namespaces.unnamed},
      {"left_out", namespaces.left_out}};
  AddPage(answer, "namespaces", namespaces.shown, paging,
          [](const NetworkNamespace& netns) { return ToJson(netns); });
  answer["folded"] = Folded(namespaces);
  return Write(answer);
}

}  // namespace connwatch
