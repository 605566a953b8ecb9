#include "exporters/metrics/daemon_families.h"

namespace connwatch {

void AddWebRefusals(MetricFamilies& families, const WebRefusalCounts& counts) {
  auto refused = families.Counter("connwatch_http_refusals_total",
                                  "HTTP requests and connections that were refused, by reason.");
  for (const WebRefusal reason : kWebRefusals) {
    refused.Add(counts.at(IndexOf(reason)), {{"reason", Name(reason)}});
  }
}

void AddHttpHeldBytes(MetricFamilies& families, std::size_t bytes) {
  families
      .Gauge("connwatch_http_held_bytes",
             "Memory of the replies that HTTP clients have not read yet.")
      .Add(static_cast<double>(bytes));
}

void AddLog(MetricFamilies& families, std::uint64_t lines_lost) {
  families
      .Counter("connwatch_log_lines_lost_total", "Lines of the daemon's log that were not written.")
      .Add(lines_lost);
}

void AddIncidentStore(MetricFamilies& families, const IncidentStoreStatus& store) {
  families
      .Gauge("connwatch_incidents_persistent",
             "1 if incidents are written to the disk, 0 if a restart forgets them.")
      .Add(store.is_persistent ? 1.0 : 0.0);
  families.Gauge("connwatch_incidents_kept", "Incidents: alerts that have fired and are kept.")
      .Add(static_cast<double>(store.incidents));
  families.Gauge("connwatch_incidents_size_bytes", "Size of what incidents are kept in.")
      .Add(static_cast<double>(store.bytes));
  families
      .Counter("connwatch_incidents_failures_total",
               "How often incidents could not be read or written.")
      .Add(store.failures);
  families
      .Counter("connwatch_incidents_dropped_total",
               "Changes of incidents that were given up, because the disk was too slow.")
      .Add(store.dropped);
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
        .Add(InSeconds(process.started->wall));
  }
  families.GaugeIfKnown("process_resident_memory_bytes", "Resident memory.",
                        process.resident_bytes);
  families.GaugeIfKnown("process_virtual_memory_bytes", "Virtual memory.", process.virtual_bytes);
  families.GaugeIfKnown("process_open_fds", "Open file descriptors.", process.open_fds);
  families.GaugeIfKnown("process_max_fds", "Limit of open file descriptors.", process.max_fds);
  families.GaugeIfKnown("process_threads", "Threads.", process.threads);
}

}  // namespace connwatch
