#include "exporters/json/json_api.h"

#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

#include "core/alerts/alert_text.h"
#include "exporters/json/json_destination.h"
#include "exporters/json/json_values.h"

namespace connwatch {

namespace {

Json ToJson(const AlertEvidence::Counts& counts) {
  Json object = Json::object();
  for (const auto& [name, count] : counts) object[name] = count;
  return object;
}

// Only those that there were.
Json OutcomesOf(const HandshakeCounts& counts) {
  Json object = Json::object();
  for (const HandshakeOutcome outcome : kHandshakeOutcomes) {
    if (counts.Of(outcome) > 0) object[std::string(Name(outcome))] = counts.Of(outcome);
  }
  return object;
}

Json ToJson(const AlertEvidence& evidence) {
  Json numbers = Json::object();
  for (const auto& [name, value] : evidence.numbers) numbers[name] = value;
  Json recent = Json::array();
  for (const auto& [seconds_before, value] : evidence.recent) {
    recent.push_back({{"seconds_before", seconds_before}, {"value", value}});
  }
  Json destinations = Json::array();
  for (const Destination& destination : evidence.destinations) {
    destinations.push_back(ToJson(destination, OutcomesOf(destination.recent)));
  }
  return {{"text", evidence.text},
          {"numbers", std::move(numbers)},
          {"top_sources", ToJson(evidence.top_sources)},
          {"top_destinations", ToJson(evidence.top_destinations)},
          {"top_units", ToJson(evidence.top_units)},
          {"top_groups", ToJson(evidence.top_groups)},
          {"destinations", std::move(destinations)},
          {"recent", std::move(recent)}};
}

Json ToJson(const std::optional<AlertFlapping>& flapping) {
  if (!flapping) return nullptr;
  return {{"times", flapping->times},
          {"span_seconds", std::chrono::duration<double>(flapping->span).count()}};
}

Json ToJson(const Alert& alert) {
  Json object = {{"alert", alert.rule->name}, {"subject", alert.subject}};
  if (!alert.netns.empty()) object["netns"] = alert.netns;
  if (!alert.pod_namespace.empty()) object["namespace"] = alert.pod_namespace;
  if (!alert.pod.empty()) object["pod"] = alert.pod;
  object["unit"] = alert.unit;
  object["state"] = Name(alert.state);
  object["severity"] = Name(alert.rule->severity);
  object["signal"] = Name(alert.rule->signal);
  object["summary"] = SummaryOf(alert);
  object["advice"] = AdviceOf(alert);
  object["value_unit"] = Name(SpecOf(alert.rule->signal).unit);
  object["value"] = alert.value;
  object["worst_value"] = alert.worst;
  object["threshold"] = alert.threshold;
  object["cause"] = alert.cause;
  const bool is_firing = alert.state == AlertState::kFiring;
  object["ends"] = is_firing ? Json(EndsWhen(alert)) : Json();
  object["flapping"] = ToJson(alert.flapping);
  object["since_timestamp_seconds"] = Timestamp(alert.since.wall);
  object["fired_timestamp_seconds"] = alert.fired_at ? Timestamp(alert.fired_at->wall) : Json();
  object["evidence"] = alert.evidence ? ToJson(*alert.evidence) : Json();
  return object;
}

Json ToJson(const HistorySample& sample) {
  Json states;
  if (sample.states) {
    for (const TcpState state : kTcpStates) {
      states[std::string(Name(state))] = sample.states->at(IndexOf(state));
    }
  }
  Json listeners;
  if (const auto& load = sample.listeners) {
    listeners = {{"syn_queue_length", load->syn_queue_length},
                 {"syn_queue_utilization_max_ratio", load->syn_queue_utilization_max},
                 {"accept_queue_length", load->accept_queue_length},
                 {"accept_queue_utilization_max_ratio", load->accept_queue_utilization_max}};
  }
  Json connects;
  if (const auto& load = sample.connects) {
    connects = {{"pending", load->pending}, {"retransmitting", load->retransmitting}};
  }
  Json rtt_median;
  if (sample.rtt_median) rtt_median = ToSeconds(*sample.rtt_median);
  Json rates;
  if (const auto& load = sample.rates) {
    rates = {{"segments_retransmitted_per_second", OrNull(load->segments_retransmitted_per_second)},
             {"attempt_fails_per_second", OrNull(load->attempt_fails_per_second)},
             {"connects_per_second", OrNull(load->connects_per_second)},
             {"accepts_per_second", OrNull(load->accepts_per_second)},
             {"listen_drops_per_second", OrNull(load->listen_drops_per_second)}};
  }
  return {{"timestamp_seconds", Timestamp(sample.at)},   {"states", std::move(states)},
          {"listeners", std::move(listeners)},           {"connects", std::move(connects)},
          {"rtt_median_seconds", std::move(rtt_median)}, {"rates", std::move(rates)}};
}

}  // namespace

std::optional<std::string> RenderStates(const Snapshot& snapshot) {
  if (!snapshot.sockets) return std::nullopt;
  const StateCounts& counts = snapshot.sockets->states;
  std::uint64_t total = 0;
  Json states = Json::array();
  for (const TcpState state : kTcpStates) {
    const std::uint64_t ipv4 = counts.Get(AddressFamily::kIpv4, state);
    const std::uint64_t ipv6 = counts.Get(AddressFamily::kIpv6, state);
    total += ipv4 + ipv6;
    states.push_back(
        {{"state", Name(state)}, {"sockets", ipv4 + ipv6}, {"ipv4", ipv4}, {"ipv6", ipv6}});
  }
  return Write({{"polled_timestamp_seconds", PolledTimestamp(snapshot, Tier::kFull)},
                {"sockets", total},
                {"states", std::move(states)}});
}

std::optional<std::string> RenderAlerts(const Report& report, const Paging& paging) {
  if (!report.alerts) return std::nullopt;
  Json answer;
  AddPage(answer, "alerts", report.alerts->alerts, paging,
          [](const Alert& alert) { return ToJson(alert); });
  return Write(answer);
}

std::optional<std::string> RenderHistory(const Report& report) {
  if (!report.history) return std::nullopt;
  Json samples = Json::array();
  for (const HistorySample& sample : report.history->samples) samples.push_back(ToJson(sample));
  return Write({{"interval_seconds", ToSeconds(RecentHistory::kInterval)},
                {"span_seconds", ToSeconds(RecentHistory::kSpan)},
                {"samples", std::move(samples)}});
}

std::string RenderError(const std::string& text, std::optional<std::size_t> position) {
  Json error = {{"error", text}};
  if (position) error["position"] = *position;
  return Write(error);
}

}  // namespace connwatch
