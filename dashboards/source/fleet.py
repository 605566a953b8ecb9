"""Fleet: many hosts at once, ranked. Everything but the count of targets comes from the recording
rules, so that no panel reads every series of every host."""
from panels import (AMBER, RED, bars, column_style, dashboard, datasource_variable,
                    hosts_with_alerts, now, query, row, rows_of, stat, table, thresholds,
                    timeseries, to_daemon, to_dashboard, variable)

FULL = thresholds((0.5, AMBER), (0.8, RED))
# From a series to its host.
SERIES = {"job": "${__field.labels.job}", "instance": "${__field.labels.instance}"}
HOST_OF_SERIES = to_dashboard("host", "Host overview", **SERIES)
# From a row of a table to its host: columns with their own names, for links know no others.
CELL = {"job": "${__data.fields.job}", "instance": "${__data.fields.instance}"}
OF_ROW = [to_dashboard("host", "Host overview", **CELL),
          to_dashboard("listeners", "Listeners and SYN queues", **CELL),
          to_daemon("${__data.fields.instance}")]


def ranked(title, description, rule, heading, unit, steps, queue=False):
    """The listeners of a topk rule, the worst first; none where all is well."""
    columns = {"instance": ("instance", None), "listener": ("Listener", None)}
    if queue:
        columns["queue"] = ("Queue", None)
    return table(title, description, [rows_of(f"sort_desc({rule}{{FLEET}} > 0)")],
                 {**columns, "Value": (heading, unit), "job": ("job", None)},
                 width=8, height=9, sort=heading,
                 overrides=[column_style(heading, steps), column_style("instance", links=OF_ROW)])


def worst_hosts(title, unit, description, rule, *, steps=None, log=False, signed=False):
    return timeseries(title, unit, description,
                      [query(f"topk(10, {rule}{{FLEET}})", "{{instance}}")], width=6, lines=steps,
                      log=log, signed=signed, links=[HOST_OF_SERIES])


NOW = row(
    "Is the fleet well?",
    stat("Hosts that report", "short",
         "Daemons that Prometheus scrapes. If you run more of them, look at the panel beside and "
         "at targets.yml.",
         [now("sum(job:connwatch_instances:count{FLEET})")]),
    stat("Hosts that do not answer", "short",
         "Targets that Prometheus cannot scrape: the host, the daemon or the path to it is down.",
         [now("count(up{FLEET} == 0) or 0 * count(up{FLEET})")], steps=thresholds((1, RED))),
    stat("Critical alerts", "short",
         "Critical alerts that fire, on all hosts. Users are affected. The first table names the "
         "listeners.",
         [now('sum(job_severity:connwatch_alert_firing:sum{FLEET,severity="critical"})')],
         steps=thresholds((1, RED))),
    stat("Warnings", "short",
         "Warnings that fire, on all hosts. They can wait until morning, but not for a week.",
         [now('sum(job_severity:connwatch_alert_firing:sum{FLEET,severity="warning"})')],
         steps=thresholds((1, AMBER))),
    stat("Sockets", "short",
         "TCP sockets of all hosts. A step is a deployment, or a host that has gone.",
         [now("sum(job:connwatch_tcp_sockets:sum{FLEET})")]),
    stat("Round trips, 99th percentile", "s",
         "Over all hosts together. If it moves, a region or a provider has changed. The rows below "
         "show which hosts.",
         [now("histogram_quantile(0.99, "
              "sum by (le) (job_le:connwatch_tcp_rtt_seconds_bucket:rate5m{FLEET})) >= 0")]),
)

WORST = row(
    "Which listeners are the worst?",
    ranked("By the fullest queue",
           "Peak of the last 30 s as a share of what the queue holds. A full accept queue is an "
           "application that is too slow. A full SYN queue is a flood or a path that loses "
           "packets. Above 80 % clients are about to be turned away.",
           "job:connwatch_listener_queue_peak:ratio_topk10", "Peak", "percentunit", FULL,
           queue=True),
    ranked("By growth of the SYN queue",
           "How fast the number of half-open handshakes grows, per second, over 5 minutes. If the "
           "same listener grows on many hosts at once, the service is attacked. If one host is "
           "alone, look at its network.",
           "job:connwatch_listener_syn_queue_length:deriv5m_topk10", "Growth", "cps",
           thresholds((5, AMBER), (20, RED))),
    ranked("By drops",
           "SYNs and final ACKs refused per second, over 5 minutes. Each makes a client wait.",
           "job:connwatch_listener_drops:rate5m_topk10", "Drops", "cps",
           thresholds((0.1, AMBER), (1, RED))),
)

HOSTS = row(
    "Which hosts are different from the rest?",
    worst_hosts("Fullest queue", "percentunit",
                "One line per host: its fullest queue. A single line above the others is the "
                "trouble of one host. All lines together are load or an attack.",
                "instance:connwatch_listener_queue_peak:ratio_max", steps=thresholds((0.8, RED))),
    worst_hosts("Growth of SYN queues", "cps",
                "The fastest growing SYN queue of each host. If it stays above 0 for minutes, the "
                "queue is going to fill.",
                "instance:connwatch_listener_syn_queue_length:deriv5m_max",
                steps=thresholds((20, RED)), signed=True),
    worst_hosts("Drops", "cps",
                "Drops per second of all listeners of a host. If it stays above 0, have a look.",
                "instance:connwatch_listener_drops:rate5m_sum", steps=thresholds((1, RED))),
    worst_hosts("Growth of sockets", "cps",
                "How fast the number of sockets grows, per second, over half an hour. A host that "
                "grows while the others do not leaks connections, or gets more than its share of "
                "the load.",
                "instance:connwatch_tcp_sockets:sum_deriv30m", signed=True),
    worst_hosts("Round-trip time, 99th percentile", "s",
                "Hosts far above the others have another path, or a link that is full.",
                "instance:connwatch_tcp_rtt_seconds:p99_rate5m", log=True),
    worst_hosts("Retransmitted segments", "percentunit",
                "Hosts above 5 % have a bad link, or peers behind a bad link.",
                "instance:connwatch_tcp_segments_retransmitted:ratio_rate5m",
                steps=thresholds((0.05, RED))),
    worst_hosts("Payload sent", "Bps", "Shows whether load is spread evenly.",
                "instance:connwatch_tcp_bytes_sent:rate5m_sum"),
    worst_hosts("Payload received", "Bps", "Shows whether load is spread evenly.",
                "instance:connwatch_tcp_bytes_received:rate5m_sum"),
)

LIMITS = row(
    "Which hosts are near a limit, or have old data?",
    bars("Ports towards one destination", "percentunit",
         "At 100 % a host cannot connect to that destination any more.",
         [now("sort_desc(topk(10, instance:connwatch_ephemeral_ports_used:ratio{FLEET}))",
              "{{instance}}")], steps=thresholds((0.6, AMBER), (0.8, RED)), most=1,
         links=[HOST_OF_SERIES]),
    bars("TIME-WAIT", "percentunit",
         "TIME-WAIT sockets as a share of tcp_max_tw_buckets. A host near 100 % opens and closes "
         "too many connections.",
         [now("sort_desc(topk(10, instance:connwatch_time_wait_sockets:ratio{FLEET}))",
              "{{instance}}")], steps=thresholds((0.6, AMBER), (0.8, RED)), most=1,
         links=[HOST_OF_SERIES]),
    bars("Age of the data", "s",
         "Hosts above 30 s cannot read their kernel, and their numbers on this dashboard are "
         "frozen. Or they have so many sockets that cpu_budget makes the polls less frequent.",
         [now("sort_desc(topk(10, instance:connwatch_poll_age_seconds:max{FLEET}))",
              "{{instance}}")],
         steps=thresholds((20, AMBER), (30, RED)), links=[HOST_OF_SERIES]),
)

DASHBOARD = dashboard(
    "fleet", "connwatch / Fleet",
    "All hosts, ranked by their worst listener, by growth and by drops. The marks are hosts whose "
    "alerts fire. Needs connwatch.rules.yml in Prometheus.",
    [datasource_variable(),
     variable("job", "Job", "Scrape jobs of connwatch.", "label_values(connwatch_build_info, job)",
              several=True)],
    [NOW, WORST, HOSTS, LIMITS], annotations=hosts_with_alerts())
