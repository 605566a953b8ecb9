#include "exporters/json/json_api.h"

#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

#include "exporters/json/json_alerts.h"
#include "exporters/json/json_incidents.h"
#include "exporters/json/json_values.h"

namespace connwatch {

namespace {

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
          [](const Alert& alert) { return AlertToJson(alert); });
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

std::string DescribeSample(const HistorySample& sample) { return WriteCompact(ToJson(sample)); }

std::string RenderError(const std::string& text, std::optional<std::size_t> position) {
  Json error = {{"error", text}};
  if (position) error["position"] = *position;
  return Write(error);
}

}  // namespace connwatch
