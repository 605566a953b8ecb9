// Writes a day full of incidents for bench/run-incidents, each as a daemon would have written it:
// with evidence, and with the history of the host around it.
#include <chrono>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "bench/flags.h"
#include "core/alerts/alert.h"
#include "core/history/recent_history.h"
#include "core/incidents/incident.h"
#include "exporters/json/json_incidents.h"
#include "store/incident_database.h"

namespace connwatch::bench {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::seconds kDay = 24h;
constexpr std::uint64_t kListeners = 40;

std::shared_ptr<const AlertRule> QueueRule() {
  AlertRule rule;
  rule.name = "AcceptQueueNearlyFull";
  rule.threshold = AlertThreshold{ThresholdSide::kAbove, 0.8};
  rule.annotations = {
      {"summary", "{{unit}} does not accept connections fast enough on {{subject}}"},
      {"description", "Look at the application first: it may hang or be overloaded."}};
  return std::make_shared<const AlertRule>(std::move(rule));
}

AlertEvidence Evidence(double length) {
  AlertEvidence evidence;
  evidence.text = "The accept queue holds " + std::to_string(length) + " of 128 connections.";
  evidence.numbers = {{"accept_queue_length", length}, {"accept_queue_limit", 128}};
  for (int i = 0; i < 5; ++i) {
    evidence.top_sources.emplace_back("198.51." + std::to_string(i) + ".0/24", 20 - i);
  }
  for (int second = 19; second >= 0; --second)
    evidence.recent.emplace_back(second, length - second);
  return evidence;
}

Incident MakeIncident(const std::shared_ptr<const AlertRule>& rule, std::uint64_t number,
                      WallTime at) {
  Alert alert{.rule = rule, .subject = "192.0.2.1:" + std::to_string(8'000 + number % kListeners)};
  alert.listener = alert.subject;
  alert.unit = "shop-" + std::to_string(number % kListeners) + ".service";
  alert.state = AlertState::kResolved;
  alert.value = alert.worst = 1;
  alert.threshold = 0.8;
  alert.cause = "application_stalled";
  alert.since = {MonotonicTime(1h), at - 5s};
  alert.fired_at = Instant{MonotonicTime(1h), at};
  alert.evidence = std::make_shared<const AlertEvidence>(Evidence(110));
  alert.worst_at = Instant{MonotonicTime(1h), at + 20s};
  alert.worst_evidence = std::make_shared<const AlertEvidence>(Evidence(129));
  const Instant ended{MonotonicTime(1h), at + 60s};
  return {.id = IncidentIdOf(alert),
          .alert = rule->name,
          .subject = alert.subject,
          .severity = rule->severity,
          .fired_at = at,
          .end = IncidentEnd::kResolved,
          .ended_at = ended.wall,
          .document = DescribeIncident(alert, ended)};
}

IncidentSample MakeSample(WallTime at) {
  HistorySample sample{.at = at};
  sample.states.emplace().fill(1'234);
  sample.listeners.emplace();
  sample.connects.emplace();
  sample.rtt_median = 321us;
  sample.rates.emplace();
  return {at, DescribeSample(sample)};
}

Result<void> WriteDay(IncidentDatabase& database, std::uint64_t count) {
  const WallTime now = std::chrono::system_clock::now();
  const auto rule = QueueRule();
  IncidentChanges changes{.incidents = {}, .samples = {}, .at = now};
  for (std::uint64_t i = 0; i < count; ++i) {
    changes.incidents.push_back(MakeIncident(rule, i, now - kDay * (i + 1) / (count + 1)));
  }
  for (auto age = kDay; age > 0s; age -= RecentHistory::kInterval) {
    changes.samples.push_back(MakeSample(now - age));
  }
  return database.Save(changes);
}

int Main(std::span<char* const> arguments) {
  std::uint64_t count = 10'000;
  const bool has_directory = !arguments.empty();
  const auto read = has_directory
                        ? ReadFlags(arguments.subspan(1), {{"--incidents", count, 1, 10'000}})
                        : Error{0, "no directory"};
  if (!read) {
    std::fprintf(stderr, "incident_load: %s\nusage: incident_load DIRECTORY [--incidents N]\n",
                 read.error().context.c_str());
    return 2;
  }
  auto database = IncidentDatabase::Open(std::filesystem::path(arguments.front()));
  const auto written = database ? WriteDay(*database, count) : std::move(database).error();
  if (!written) {
    std::fprintf(stderr, "incident_load: %s\n", written.error().context.c_str());
    return 1;
  }
  return 0;
}

}  // namespace

}  // namespace connwatch::bench

int main(int argc, char** argv) {
  try {
    return connwatch::bench::Main({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "incident_load: %s\n", error.what());
    return 1;
  }
}
