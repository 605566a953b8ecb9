#include "exporters/metrics_page.h"

#include <prometheus/text_serializer.h>

#include <optional>
#include <string_view>
#include <vector>

#include "exporters/metric_families.h"

namespace connwatch {

namespace {

// Group of every connection that no configured group takes.
constexpr std::string_view kOtherGroup = "other";
// Listener of everything beyond max_listeners.
constexpr std::string_view kOtherListener = "other";

std::string_view Name(Direction direction) {
  switch (direction) {
    case Direction::kInbound:
      return "inbound";
    case Direction::kOutbound:
      return "outbound";
  }
  return "unknown";
}

void AddStates(MetricFamilies& families, const StateCounts& states) {
  auto sockets = families.Gauge("connwatch_tcp_sockets",
                                "TCP sockets by state; v4-mapped IPv6 addresses count as ipv4.");
  for (const AddressFamily family : kAddressFamilies) {
    for (const TcpState state : kTcpStates) {
      sockets.Add(states.Get(family, state), {{"family", Name(family)}, {"state", Name(state)}});
    }
  }
}

void AddListeners(MetricFamilies& families, const SocketTable& table) {
  auto length =
      families.Gauge("connwatch_listener_accept_queue_length",
                     "Connections waiting for accept, summed over the sockets of the listener.");
  auto limit = families.Gauge("connwatch_listener_accept_queue_limit",
                              "Limit of the accept queue, summed over the sockets of the listener; "
                              "the queue is full only above it.");
  auto sockets = families.Gauge("connwatch_listener_sockets",
                                "Sockets that share the listening address (SO_REUSEPORT).");
  const auto add = [&](std::string_view listener, const AcceptQueue& queue) {
    length.Add(queue.length, {{"listener", listener}});
    limit.Add(queue.limit, {{"listener", listener}});
    sockets.Add(queue.sockets, {{"listener", listener}});
  };
  for (const Listener& listener : table.listeners) {
    add(listener.address.ToString(), listener.queue);
  }
  if (table.folded_listeners > 0) add(kOtherListener, table.other_listeners);
  families.Gauge("connwatch_folded_subjects", "Subjects beyond their limit, summed up as other.")
      .Add(table.folded_listeners, {{"kind", "listener"}});
}

void AddTotals(MetricFamilies& families, const SocketTotals& totals) {
  auto rtt = families.Histogram("connwatch_tcp_rtt_seconds",
                                "Smoothed round-trip time: one observation per established socket "
                                "and full poll, where an ACK arrived since the poll before.");
  for (const Direction direction : kDirections) {
    rtt.Add(totals.rtt[IndexOf(direction)],
            {{"direction", Name(direction)}, {"group", kOtherGroup}});
  }
  families
      .Counter("connwatch_dump_duplicates_total",
               "Sockets that a dump delivered twice and that were counted once.")
      .Add(totals.dump_duplicates);
}

void AddPollResults(MetricFamilies& families, const std::vector<PollHealth>& polls) {
  auto count = families.Counter("connwatch_polls_total", "Polls ended, by result.");
  auto errors = families.Counter("connwatch_poll_errors_total", "Failed polls by reason.");
  auto last =
      families.Gauge("connwatch_poll_last_success_timestamp_seconds",
                     "When the latest successful poll ended, seconds since 1970; absent before.");
  for (const PollHealth& poll : polls) {
    const std::string_view tier = Name(poll.tier());
    count.Add(poll.successes(), {{"tier", tier}, {"result", "success"}});
    count.Add(poll.failures(), {{"tier", tier}, {"result", "failure"}});
    for (const PollFailureReason reason : kPollFailureReasons) {
      errors.Add(poll.failures(reason), {{"tier", tier}, {"reason", Name(reason)}});
    }
    if (poll.last_success()) last.Add(InSeconds(*poll.last_success()), {{"tier", tier}});
  }
}

void AddPollCosts(MetricFamilies& families, const std::vector<PollHealth>& polls) {
  auto duration = families.Histogram("connwatch_poll_duration_seconds",
                                     "Wall time of a poll from its request to its last record.");
  auto cpu = families.Counter("connwatch_poll_cpu_seconds_total",
                              "CPU time spent on the tier, kernel included.");
  auto interval = families.Gauge("connwatch_poll_interval_seconds", "Interval in force.");
  auto overruns = families.Counter("connwatch_poll_overruns_total",
                                   "Polls left out because the one before was still running.");
  for (const PollHealth& poll : polls) {
    const Labels labels = {{"tier", Name(poll.tier())}};
    duration.Add(poll.durations(), labels);
    cpu.Add(InSeconds(poll.cpu()), labels);
    interval.Add(InSeconds(poll.interval()), labels);
    overruns.Add(poll.overruns(), labels);
  }
}

void AddConfig(MetricFamilies& families, const ConfigStatus& config) {
  families
      .Gauge("connwatch_config_last_reload_successful",
             "1 if the latest attempt to load the configuration succeeded.")
      .Add(config.last_reload_successful ? 1.0 : 0.0);
  families
      .Gauge("connwatch_config_last_reload_success_timestamp_seconds",
             "When the configuration in force was loaded, seconds since 1970.")
      .Add(InSeconds(config.last_success));
}

void AddBuild(MetricFamilies& families, const BuildInfo& build) {
  families.Gauge("connwatch_build_info", "What was built; always 1.")
      .Add(
          1.0,
          {{"version", build.version}, {"revision", build.revision}, {"compiler", build.compiler}});
}

void AddGaugeIfKnown(MetricFamilies& families, std::string_view name, std::string_view help,
                     const std::optional<std::uint64_t>& value) {
  if (value) families.Gauge(name, help).Add(*value);
}

void AddProcess(MetricFamilies& families, const ProcessStats& process) {
  if (process.cpu) {
    families.Counter("process_cpu_seconds_total", "CPU time of this process.")
        .Add(InSeconds(*process.cpu));
  }
  if (process.started) {
    families.Gauge("process_start_time_seconds", "When this process started, seconds since 1970.")
        .Add(InSeconds(*process.started));
  }
  AddGaugeIfKnown(families, "process_resident_memory_bytes", "Resident memory.",
                  process.resident_bytes);
  AddGaugeIfKnown(families, "process_virtual_memory_bytes", "Virtual memory.",
                  process.virtual_bytes);
  AddGaugeIfKnown(families, "process_open_fds", "Open file descriptors.", process.open_fds);
  AddGaugeIfKnown(families, "process_max_fds", "Limit of open file descriptors.", process.max_fds);
  AddGaugeIfKnown(families, "process_threads", "Threads.", process.threads);
}

}  // namespace

std::string RenderMetricsPage(const Snapshot& snapshot, const BuildInfo& build) {
  MetricFamilies families;
  if (snapshot.sockets) {
    AddStates(families, snapshot.sockets->states);
    AddListeners(families, *snapshot.sockets);
  }
  AddTotals(families, snapshot.totals);
  AddPollResults(families, snapshot.polls);
  AddPollCosts(families, snapshot.polls);
  AddConfig(families, snapshot.config);
  AddBuild(families, build);
  AddProcess(families, snapshot.process);
  return prometheus::TextSerializer().Serialize(families.list());
}

}  // namespace connwatch
