#include "exporters/json/json_listeners.h"

#include <string>
#include <utility>

#include "exporters/json/json_api.h"
#include "exporters/json/json_values.h"

namespace connwatch {

namespace {

Json Causes(const ListenerStatus& status, RateScope scope) {
  Json causes = Json::array();
  for (const DiagnosisCause cause : kDiagnosisCauses) {
    if (!status.diagnosis.Has(cause)) continue;
    causes.push_back({{"cause", Name(cause)}, {"explanation", Explain(cause, status, scope)}});
  }
  return causes;
}

Json Evidence(const HandshakeSigns& signs, RateScope scope) {
  const std::string whose = scope == RateScope::kHost ? "host" : "netns";
  return {{"drops_per_second", signs.drops_per_second},
          {"syn_queue_settled", signs.settled},
          {"syn_queue_growth_per_second", signs.syn_queue_growth_per_second},
          {"source_prefixes", signs.source_prefixes},
          {"top_source_ratio", signs.top_source_ratio},
          {whose + "_syn_cookies_per_second", signs.host.syn_cookies_per_second},
          {whose + "_handshakes_completed_per_second", OrNull(signs.host.completed_per_second)}};
}

void AddQueues(Json& object, const ListenerStatus& status) {
  object["sockets"] = status.accept_queue.sockets;
  object["accept_queue_length"] = status.accept_queue.length;
  object["accept_queue_peak"] = status.accept_queue.peak;
  object["accept_queue_limit"] = status.accept_queue.limit;
  object["accept_queue_utilization_ratio"] = OrNull(status.accept_queue.Utilization());
  object["accept_queue_peak_utilization_ratio"] = OrNull(status.accept_queue.PeakUtilization());
  object["full_sockets"] = status.accept_queue.full_sockets;
  object["fullest_socket"] = {{"accept_queue_length", status.accept_queue.fullest.length},
                              {"accept_queue_limit", status.accept_queue.fullest.limit}};
  object["syn_queue_length"] = status.syn_queue.length;
  object["syn_queue_peak"] = status.syn_queue.peak;
  object["syn_queue_limit"] = status.accept_queue.limit;
  object["syn_queue_retransmitting"] = status.syn_queue.retransmitting;
  object["drops_total"] = status.drops;
  object["socket_drops_total"] = status.socket_drops;
}

}  // namespace

Json ToJson(const Listener& listener, RateScope scope) {
  Json object = {{"address", listener.Name()}, {"unit", listener.unit}};
  AddQueues(object, listener.status);
  object["diagnosis"] = Causes(listener.status, scope);
  object["evidence"] = Evidence(listener.status.signs, scope);
  Json top_sources = Json::array();
  for (const SourceCount& source : listener.status.top_sources) {
    top_sources.push_back(
        {{"prefix", FormatSourcePrefix(source.prefix)}, {"syn_queue_length", source.count}});
  }
  object["top_sources"] = std::move(top_sources);
  return object;
}

Json FoldedListeners(const ListenerList& list) {
  Json object = {{"addresses", list.folded}, {"in_trouble", list.folded_in_trouble}};
  AddQueues(object, list.other);
  return object;
}

std::optional<std::string> RenderListeners(const Snapshot& snapshot, const Paging& paging) {
  if (!snapshot.listeners) return std::nullopt;
  Json answer = {
      {"accept_queues_polled_timestamp_seconds", PolledTimestamp(snapshot, Tier::kListeners)},
      {"syn_queues_polled_timestamp_seconds", PolledTimestamp(snapshot, Tier::kHandshakes)}};
  AddPage(answer, "listeners", snapshot.listeners->listeners, paging,
          [](const Listener& listener) { return ToJson(listener, RateScope::kHost); });
  answer["folded"] = FoldedListeners(*snapshot.listeners);
  return Write(answer);
}

}  // namespace connwatch
