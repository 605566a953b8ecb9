#include "exporters/metrics/metrics_page.h"

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "exporters/metrics/alert_families.h"
#include "exporters/metrics/group_families.h"
#include "exporters/metrics/kernel_families.h"
#include "exporters/metrics/metric_families.h"
#include "exporters/metrics/text_format.h"

namespace connwatch {

namespace {

// Listener of everything beyond max_listeners.
constexpr std::string_view kOtherListener = "other";

// Name and status of what has series of its own.
using ListedListeners = std::vector<std::pair<std::string, ListenerStatus>>;

void AddStates(MetricFamilies& families, const StateCounts& states) {
  auto sockets = families.Gauge("connwatch_tcp_sockets",
                                "TCP sockets by state; v4-mapped IPv6 addresses count as ipv4.");
  for (const AddressFamily family : kAddressFamilies) {
    for (const TcpState state : kTcpStates) {
      sockets.Add(states.Get(family, state), {{"family", Name(family)}, {"state", Name(state)}});
    }
  }
}

void AddPortUsage(MetricFamilies& families, const SocketTable& sockets) {
  families
      .Gauge("connwatch_ephemeral_ports_used_peak_destination",
             "Outbound sockets, TIME-WAIT included, of the busiest source, destination and port.")
      .Add(sockets.ports_used_peak_destination);
}

void AddAcceptQueues(MetricFamilies& families, const ListedListeners& listeners) {
  auto length =
      families.Gauge("connwatch_listener_accept_queue_length",
                     "Connections waiting for accept, summed over the listener's sockets.");
  auto peak = families.Gauge("connwatch_listener_accept_queue_peak",
                             "Maximum of the accept queue's length over the peak window.");
  auto limit = families.Gauge("connwatch_listener_accept_queue_limit",
                              "Limit of the accept queue, summed over the listener's sockets; the "
                              "queue is full only above it.");
  auto drops = families.Counter("connwatch_listener_drops_total",
                                "SYNs and final ACKs that the listener's sockets dropped.");
  auto sockets = families.Gauge("connwatch_listener_sockets",
                                "Sockets that share the listening address (SO_REUSEPORT).");
  for (const auto& [name, status] : listeners) {
    const Labels labels = {{"listener", name}};
    length.Add(status.accept_queue.length, labels);
    peak.Add(status.accept_queue.peak, labels);
    limit.Add(status.accept_queue.limit, labels);
    drops.Add(status.drops, labels);
    sockets.Add(status.accept_queue.sockets, labels);
  }
}

void AddSynQueues(MetricFamilies& families, const ListedListeners& listeners) {
  auto length = families.Gauge("connwatch_listener_syn_queue_length",
                               "SYN-RECV sockets of the listener: handshakes without a final ACK.");
  auto peak = families.Gauge("connwatch_listener_syn_queue_peak",
                             "Maximum of the SYN queue's length over the peak window.");
  auto retransmitting = families.Gauge("connwatch_listener_syn_queue_retransmitting",
                                       "Of them, those with a SYN-ACK retransmitted.");
  for (const auto& [name, status] : listeners) {
    const Labels labels = {{"listener", name}};
    length.Add(status.syn_queue.length, labels);
    peak.Add(status.syn_queue.peak, labels);
    retransmitting.Add(status.syn_queue.retransmitting, labels);
  }
}

void AddDiagnoses(MetricFamilies& families, const ListenerTable& table) {
  auto diagnosis =
      families.Gauge("connwatch_listener_diagnosis",
                     "1 where the listener's handshakes are in trouble by this cause.");
  auto info =
      families.Gauge("connwatch_listener_info", "The listener's owner, by cgroup; always 1.");
  for (const Listener& listener : table.listeners) {
    const std::string name = listener.address.ToString();
    for (const DiagnosisCause cause : kDiagnosisCauses) {
      diagnosis.Add(listener.status.diagnosis.Has(cause) ? 1.0 : 0.0,
                    {{"listener", name}, {"cause", Name(cause)}});
    }
    info.Add(1.0, {{"listener", name}, {"unit", listener.unit}});
  }
}

void AddListeners(MetricFamilies& families, const ListenerTable& table) {
  ListedListeners listeners;
  for (const Listener& listener : table.listeners) {
    listeners.emplace_back(listener.address.ToString(), listener.status);
  }
  listeners.emplace_back(kOtherListener, table.other);
  AddAcceptQueues(families, listeners);
  AddSynQueues(families, listeners);
  AddDiagnoses(families, table);
}

void AddFolded(MetricFamilies& families, const Snapshot& snapshot) {
  auto folded = families.Gauge("connwatch_folded_subjects",
                               "Subjects beyond their limit, summed up as other.");
  folded.Add(snapshot.folded_groups, {{"kind", "group"}});
  if (snapshot.listeners) folded.Add(snapshot.listeners->folded, {{"kind", "listener"}});
}

void AddTracking(MetricFamilies& families, const Snapshot& snapshot) {
  const DestroyEventStats& events = snapshot.destroy_events;
  families
      .Gauge("connwatch_destroy_events_active",
             "1 while the kernel tells of every socket that ends, so that totals are exact.")
      .Add(events.is_active ? 1.0 : 0.0);
  families.Counter("connwatch_destroy_events_total", "Sockets whose end the kernel told.")
      .Add(events.events);
  families
      .Counter("connwatch_destroy_event_overruns_total",
               "Times that such events were lost because the receive buffer was full.")
      .Add(events.overruns);
  families.Counter("connwatch_destroy_event_cpu_seconds_total", "CPU time spent on them.")
      .Add(InSeconds(events.cpu));
  families.Gauge("connwatch_tracked_connections", "Connections followed for their totals.")
      .Add(snapshot.tracker.tracked);
  families
      .Gauge("connwatch_untracked_connections",
             "Connections of the latest full poll beyond max_tracked_connections.")
      .Add(snapshot.tracker.left_out);
  auto ended = families.Counter("connwatch_connections_ended_total",
                                "Sockets that have ended, by what is known of their end.");
  for (const EndCause cause : kEndCauses) {
    ended.Add(snapshot.tracker.ended.at(IndexOf(cause)), {{"cause", Name(cause)}});
  }
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
  auto lateness = families.Histogram("connwatch_poll_lateness_seconds",
                                     "How long after it was due a poll began.");
  auto cpu = families.Counter("connwatch_poll_cpu_seconds_total",
                              "CPU time spent on the tier, kernel included.");
  auto interval = families.Gauge("connwatch_poll_interval_seconds", "Interval in force.");
  auto overruns = families.Counter("connwatch_poll_overruns_total",
                                   "Polls left out because the one before was still running.");
  for (const PollHealth& poll : polls) {
    const Labels labels = {{"tier", Name(poll.tier())}};
    duration.Add(poll.durations(), labels);
    lateness.Add(poll.lateness(), labels);
    cpu.Add(InSeconds(poll.cpu()), labels);
    interval.Add(InSeconds(poll.interval()), labels);
    overruns.Add(poll.overruns(), labels);
  }
}

void AddSelfAudit(MetricFamilies& families, const Snapshot& snapshot) {
  families
      .Counter("connwatch_dump_duplicates_total",
               "Sockets that a dump delivered twice and that were counted once.")
      .Add(snapshot.totals.dump_duplicates);
  if (!snapshot.sockstat_discrepancy) return;
  families
      .Gauge("connwatch_sockstat_discrepancy_ratio",
             "Distance of the latest full poll's socket count to the kernel's own, as its share.")
      .Add(*snapshot.sockstat_discrepancy);
}

void AddWebRefusals(MetricFamilies& families, const WebRefusalCounts& counts) {
  auto refused = families.Counter("connwatch_http_refusals_total",
                                  "HTTP requests and connections that were refused, by reason.");
  for (const WebRefusal reason : kWebRefusals) {
    refused.Add(counts.at(IndexOf(reason)), {{"reason", Name(reason)}});
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

void AddProcess(MetricFamilies& families, const ProcessStats& process) {
  if (process.cpu) {
    families.Counter("process_cpu_seconds_total", "CPU time of this process.")
        .Add(InSeconds(*process.cpu));
  }
  if (process.started) {
    families.Gauge("process_start_time_seconds", "When this process started, seconds since 1970.")
        .Add(InSeconds(*process.started));
  }
  families.GaugeIfKnown("process_resident_memory_bytes", "Resident memory.",
                        process.resident_bytes);
  families.GaugeIfKnown("process_virtual_memory_bytes", "Virtual memory.", process.virtual_bytes);
  families.GaugeIfKnown("process_open_fds", "Open file descriptors.", process.open_fds);
  families.GaugeIfKnown("process_max_fds", "Limit of open file descriptors.", process.max_fds);
  families.GaugeIfKnown("process_threads", "Threads.", process.threads);
}

}  // namespace

std::string RenderMetricsPage(const Snapshot& snapshot, const BuildInfo& build,
                              MetricsFormat format) {
  MetricFamilies families;
  if (snapshot.sockets) {
    AddStates(families, snapshot.sockets->states);
    AddPortUsage(families, *snapshot.sockets);
  }
  if (snapshot.listeners) AddListeners(families, *snapshot.listeners);
  AddGroups(families, snapshot);
  AddFolded(families, snapshot);
  AddTracking(families, snapshot);
  AddPollResults(families, snapshot.polls);
  AddPollCosts(families, snapshot.polls);
  if (snapshot.alerts) AddAlerts(families, *snapshot.alerts);
  AddNotifications(families, snapshot.notifications);
  AddSelfAudit(families, snapshot);
  AddKernelStats(families, snapshot.kernel);
  AddWebRefusals(families, snapshot.web_refusals);
  AddConfig(families, snapshot.config);
  AddBuild(families, build);
  AddProcess(families, snapshot.process);
  return ToTextFormat(families.list(), format);
}

}  // namespace connwatch
