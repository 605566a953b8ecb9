#include <string_view>
#include <utility>

#include "exporters/json/json_api.h"
#include "exporters/json/json_values.h"

namespace connwatch {

namespace {

Json ToJson(const PollFailure& failure) {
  return {{"timestamp_seconds", Timestamp(failure.at)},
          {"reason", Name(failure.reason)},
          {"text", failure.text}};
}

Json ToJson(const PollHealth& poll, Instant now) {
  Json last;
  Json age;
  if (poll.last_success()) {
    last = Timestamp(now.WallOf(*poll.last_success()));
    age = ToSeconds(now.monotonic - *poll.last_success());
  }
  const auto& failure = poll.current_failure();
  return {{"tier", Name(poll.tier())},
          {"interval_seconds", ToSeconds(poll.interval())},
          {"last_success_timestamp_seconds", std::move(last)},
          {"age_seconds", std::move(age)},
          {"is_stale", poll.IsStale(now.monotonic)},
          {"polls_succeeded_total", poll.successes()},
          {"polls_failed_total", poll.failures()},
          {"polls_overrun_total", poll.overruns()},
          {"cpu_seconds_total", ToSeconds(poll.cpu())},
          {"failure", failure ? ToJson(*failure) : Json()}};
}

Json ToJson(const DestroyEventStats& events) {
  return {{"is_active", events.is_active},
          {"received_total", events.events},
          {"overruns_total", events.overruns},
          {"absent_seconds_total", ToSeconds(events.absent)},
          {"cpu_seconds_total", ToSeconds(events.cpu)}};
}

Json ToJson(const WalkStatus& walk) {
  return {{"is_in_use", walk.is_in_use},
          {"reason", walk.is_in_use ? Json() : Json(walk.reason)},
          {"runs_total", walk.stats.runs},
          {"restarted_buckets_total", walk.stats.restarted_buckets},
          {"overrun_buckets_total", walk.stats.overrun_buckets},
          {"faulted_records_total", walk.stats.faulted_records},
          {"cookies_given_total", walk.stats.cookies_given},
          {"longest_run_seconds", ToSeconds(walk.stats.longest_run)}};
}

Json ToJson(const TracingStatus& tracing) {
  const TracingStats& stats = tracing.stats;
  return {{"is_in_use", tracing.is_in_use},
          {"reason", tracing.is_in_use ? Json() : Json(tracing.reason)},
          {"sees_no_route", tracing.sees_no_route},
          {"handshakes_without_address_total", stats.without_address},
          {"handshakes_without_port_total", stats.without_port},
          {"handshakes_untimed_total", stats.untimed},
          {"ends_lost_total", stats.ends_lost},
          {"keys", stats.keys},
          {"read_failures_total", stats.read_failures}};
}

Json ToJson(const IncidentStoreStatus& store) {
  return {{"is_persistent", store.is_persistent},
          {"incidents", store.incidents},
          {"bytes", store.bytes},
          {"failures_total", store.failures},
          {"dropped_total", store.dropped},
          {"problem", OrNull(store.problem)}};
}

Json ToJson(const NotificationStats& stats) {
  const auto& failure = stats.failure;
  return {{"receiver", stats.receiver},
          {"successes_total", stats.successes},
          {"failures_total", stats.failures},
          {"queue_length", stats.queue_length},
          {"dropped_total", stats.dropped},
          {"is_failing", failure.has_value()},
          {"failure", failure ? TextOrNull(failure->context) : Json()}};
}

Json ToJson(const ProcessStats& process) {
  Json cpu;
  if (process.cpu) cpu = ToSeconds(*process.cpu);
  return {{"cpu_seconds_total", std::move(cpu)},
          {"resident_memory_bytes", OrNull(process.resident_bytes)},
          {"open_fds", OrNull(process.open_fds)}};
}

}  // namespace

std::string RenderStatus(const Report& report, Instant now) {
  const Snapshot& snapshot = *report.snapshot;
  Json answer = {{"version", report.build.version},
                 {"revision", report.build.revision},
                 {"timestamp_seconds", Timestamp(now.wall)},
                 {"started_timestamp_seconds", Json()},
                 {"uptime_seconds", Json()},
                 {"is_ready", snapshot.sockets.has_value()}};
  if (const auto& started = report.process.started) {
    answer["started_timestamp_seconds"] = Timestamp(started->wall);
    answer["uptime_seconds"] = ToSeconds(now.monotonic - started->monotonic);
  }
  answer["tiers"] = Json::array();
  for (const PollHealth& poll : snapshot.polls) answer["tiers"].push_back(ToJson(poll, now));
  answer["paused_seconds_total"] = ToSeconds(snapshot.paused);
  answer["sockstat_discrepancy_ratio"] = OrNull(snapshot.sockstat_discrepancy);
  answer["dump_duplicates_total"] = snapshot.totals.dump_duplicates;
  answer["tracked_connections"] = snapshot.tracker.tracked;
  answer["untracked_connections"] = snapshot.tracker.left_out;
  answer["destroy_events"] = ToJson(snapshot.destroy_events);
  answer["kernel_walk"] = ToJson(snapshot.walk);
  answer["handshake_tracing"] = ToJson(snapshot.tracing);
  answer["folded_groups"] = snapshot.folded_groups;
  answer["folded_listeners"] = snapshot.listeners ? Json(snapshot.listeners->folded) : Json();
  answer["config"] = {{"last_reload_successful", report.config.last_reload_successful},
                      {"last_success_timestamp_seconds", Timestamp(report.config.last_success)}};
  answer["incident_store"] = report.incidents ? ToJson(*report.incidents) : Json();
  answer["notifications"] = Json::array();
  for (const NotificationStats& stats : report.notifications) {
    answer["notifications"].push_back(ToJson(stats));
  }
  answer["log_lines_lost_total"] = report.log_lines_lost;
  answer["process"] = ToJson(report.process);
  return Write(answer);
}

}  // namespace connwatch
