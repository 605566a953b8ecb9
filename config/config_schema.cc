#include "config/config_schema.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>

#include "config/alert_reader.h"
#include "config/alertmanager_reader.h"
#include "config/group_reader.h"
#include "config/http_url.h"
#include "config/link_url.h"
#include "config/log_words.h"
#include "config/value_parser.h"

namespace connwatch {

namespace {

using namespace std::chrono_literals;

constexpr std::string_view kMaxConnections = "max_connections";
constexpr std::string_view kMaxPerAddress = "max_connections_per_address";
constexpr std::string_view kMaxGroups = "max_groups";
constexpr std::string_view kGroups = "groups";

void CheckAscending(const std::vector<std::chrono::microseconds>& bounds, const Place& place) {
  const auto pair = std::adjacent_find(bounds.begin(), bounds.end(), std::greater_equal<>());
  if (pair == bounds.end()) return;
  const auto index = static_cast<std::size_t>(pair - bounds.begin()) + 1;
  place.Item(index).Reject(FormatDuration(bounds[index]) +
                           " is out of order, must be longer than " +
                           FormatDuration(bounds[index - 1]) + " before it");
}

// Reports the mistake at the smaller limit, or at the larger one if the smaller one is a default.
void CheckConnectionLimits(const WebConfig& web, const Place& place) {
  if (web.max_connections_per_address <= web.max_connections) return;
  const std::string per_address = std::to_string(web.max_connections_per_address);
  const std::string in_all = std::to_string(web.max_connections);
  if (const auto value = place.Find(kMaxPerAddress)) {
    return value->Reject(per_address + " is too large, must be at most " +
                         std::string(kMaxConnections) + ", which is " + in_all);
  }
  place.Find(kMaxConnections)
      ->Reject(in_all + " is too small, must be at least " + std::string(kMaxPerAddress) +
               ", which is " + per_address + " unless set");
}

// Reports the mistake at max_groups, or at the groups if max_groups is the default.
void CheckGroupsFit(const Config& config, const Place& place) {
  if (config.groups.size() <= config.max_groups) return;
  const std::string groups = std::to_string(config.groups.size());
  const std::string max_groups = std::to_string(config.max_groups);
  if (const auto value = place.Find(kMaxGroups)) {
    return value->Reject(
        max_groups + " is too small, must be at least the number of groups, which is " + groups);
  }
  place.Find(kGroups)->Reject("has " + groups + " groups, must be at most " +
                              std::string(kMaxGroups) + ", which is " + max_groups + " unless set");
}

ValueReader Poll(PollConfig& poll) {
  std::vector<KeyReader> keys;
  for (const TierSpec& tier : kTiers) {
    auto& interval = poll.intervals.at(IndexOf(tier.id));
    keys.push_back({tier.name, Duration(interval, {.min = tier.min_interval, .max = 1h})});
  }
  return Mapping(std::move(keys));
}

ValueReader Histograms(HistogramConfig& histograms) {
  const auto bound = [](std::chrono::microseconds& into) {
    return Duration(into, {.min = 1us, .max = 1h});
  };
  return Mapping(
      {{"rtt", List(histograms.rtt, {.min = 1, .max = 50}, bound,
                    [&](const Place& place) { CheckAscending(histograms.rtt, place); })}});
}

ValueReader Thresholds(DiagnosisThresholds& diagnosis) {
  constexpr NumberRange kCount{.min = 1, .max = 1'000'000};
  return Mapping(
      {{"min_syn_queue", Number(diagnosis.min_syn_queue, kCount)},
       {"min_syn_queue_at_limit", Number(diagnosis.min_syn_queue_at_limit, kCount)},
       {"retransmitting_share", Percentage(diagnosis.retransmitting_share)},
       {"settled_share", Percentage(diagnosis.settled_share)},
       {"flood_source_prefixes", Number(diagnosis.flood_source_prefixes, kCount)},
       {"few_source_prefixes", Number(diagnosis.few_source_prefixes, kCount)},
       {"dominant_source_share", Percentage(diagnosis.dominant_source_share)},
       {"flood_growth_per_second", Number(diagnosis.flood_growth_per_second, kCount)},
       {"flood_standing_queue", Number(diagnosis.flood_standing_queue, kCount)},
       {"fresh_retransmitting_share", Percentage(diagnosis.fresh_retransmitting_share)},
       {"fresh_flood_queue", Number(diagnosis.fresh_flood_queue, kCount)},
       {"fresh_growth_share", Percentage(diagnosis.fresh_growth_share)},
       {"min_syn_cookies_per_minute", Number(diagnosis.min_syn_cookies_per_minute, kCount)}});
}

ValueReader HostNames(std::vector<std::string>& names) {
  return OneOrList(names, {.min = 0, .max = 100}, [](std::string& name) {
    return Text(name, "the name of a host", ParseHostName);
  });
}

ValueReader Web(WebConfig& web) {
  return Mapping(
      {{kMaxConnections, Number(web.max_connections, {.min = 1, .max = 10'000})},
       {kMaxPerAddress, Number(web.max_connections_per_address, {.min = 1, .max = 10'000})},
       {"timeout", Duration(web.timeout, {.min = 1s, .max = 5min})},
       {"sockets_api", Word(web.sockets_api, {{"false", false}, {"true", true}})},
       {"host_names", HostNames(web.host_names)},
       {"external_url", Text(web.external_url, "a URL", ParseExternalUrl)}},
      [&web](const Place& place) { CheckConnectionLimits(web, place); });
}

ValueReader Log(LogConfig& log) {
  return Mapping(
      {{"level", Word(log.level, kLogLevelWords)}, {"format", Word(log.format, kLogFormatWords)}});
}

}  // namespace

ValueReader ConfigSchema(Config& config) {
  return Mapping(
      {{"poll", Poll(config.poll)},
       {"cpu_budget", Percentage(config.cpu_budget)},
       {"peak_window", Duration(config.peak_window, {.min = 1s, .max = 1h})},
       {"exclude_loopback", Word(config.exclude_loopback, {{"false", false}, {"true", true}})},
       {kGroups, Groups(config.groups)},
       {"group_by", Word(config.group_by, {{"port", GroupBy::kPort}, {"unit", GroupBy::kUnit}})},
       {kMaxGroups, Number(config.max_groups, {.min = 1, .max = kMaxGroupRules})},
       {"max_listeners", Number(config.max_listeners, {.min = 1, .max = 100'000})},
       {"host_root", Text(config.host_root, "an absolute path", ParseAbsolutePath)},
       {"kernel_walk",
        Word(config.kernel_walk,
             {{"auto", KernelWalk::kAuto}, {"on", KernelWalk::kOn}, {"off", KernelWalk::kOff}})},
       {"handshake_tracing", Word(config.handshake_tracing, {{"auto", HandshakeTracing::kAuto},
                                                             {"on", HandshakeTracing::kOn},
                                                             {"off", HandshakeTracing::kOff}})},
       {"max_network_namespaces", Number(config.max_network_namespaces, {.min = 0, .max = 4'096})},
       {"destroy_events", Word(config.destroy_events, {{"auto", DestroyEvents::kAuto},
                                                       {"on", DestroyEvents::kOn},
                                                       {"off", DestroyEvents::kOff}})},
       {"destroy_event_budget", Percentage(config.destroy_event_budget)},
       {"destroy_event_buffer",
        Size(config.destroy_event_buffer, {.min = 4'096, .max = 1U << 30U})},
       {"max_tracked_connections",
        Number(config.max_tracked_connections, {.min = 1, .max = 100'000'000})},
       {"histograms", Histograms(config.histograms)},
       {"diagnosis", Thresholds(config.diagnosis)},
       {"alerts", Alerts(config.alerts)},
       {"alert_labels", LabelsOfAlerts(config.alert_labels)},
       {"runbook_url", Text(config.runbook_url, "a URL", ParseRunbookUrl)},
       {"alertmanagers", Alertmanagers(config.alertmanagers)},
       {"alert_resend_interval", Duration(config.alert_resend_interval, {.min = 1s, .max = 1h})},
       {"web", Web(config.web)},
       {"log", Log(config.log)}},
      [&config](const Place& place) { CheckGroupsFit(config, place); });
}

}  // namespace connwatch
