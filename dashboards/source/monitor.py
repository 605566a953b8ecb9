"""The monitor itself: how old its data is, what it costs, what it has missed."""
from panels import (AMBER, GREEN, RED, dashboard, host_variables, now, query, row, rows_of, stat,
                    table, thresholds, timeseries, to_daemon, value_mapping)


def rate(metric):
    return f"rate({metric}{{HOST}}[$__rate_interval])"


def quantile(histogram):
    return (f"histogram_quantile(0.99, sum by (le, tier) "
            f"(rate({histogram}_bucket{{HOST}}[$__rate_interval])))")


FRESH = row(
    "Is the data fresh?",
    timeseries("Age of each tier's data", "s",
               "A saw-tooth up to the tier's interval is right. A straight climb is a tier that "
               "cannot read the kernel any more: everything of it is frozen.",
               [query("time() - connwatch_poll_last_success_timestamp_seconds{HOST}", "{{tier}}")]),
    timeseries("Interval in force", "s",
               "10 s, 1 s and 0.1 s unless configured otherwise. Longer: polls cost more than "
               "cpu_budget allows, and were stretched.",
               [query("connwatch_poll_interval_seconds{HOST}", "{{tier}}")], log=True),
    timeseries("Polls", "cps",
               "1 divided by the interval in force. Failures have their reason in the panel on "
               "errors and in the daemon's log.",
               [query(rate("connwatch_polls_total"), "{{tier}} {{result}}")], log=True),
)

COST = row(
    "What does it cost?",
    timeseries("CPU time of polls and events", "percentunit",
               "Share of one core, the kernel's walk included. cpu_budget holds it down, 2 % by "
               "default.",
               [query(rate("connwatch_poll_cpu_seconds_total"), "{{tier}}"),
                query(rate("connwatch_destroy_event_cpu_seconds_total"), "destroy events")],
               stack=True),
    timeseries("CPU time of the process", "percentunit",
               "Polls, events and everything else: scrapes, alerts, log. Much more than beside: "
               "somebody scrapes very often.",
               [query(rate("process_cpu_seconds_total"), "process")]),
    timeseries("Memory", "bytes",
               "64 bytes a connection that is followed, and a few MB. Growth without more "
               "connections would be a leak: report it.",
               [query("process_resident_memory_bytes{HOST}", "resident")]),
    timeseries("Duration of a poll, 99th percentile", "s",
               "Grows with the number of sockets, about 1 s a million for the full tier. A jump "
               "without more sockets is a host that is short of CPU.",
               [query(quantile("connwatch_poll_duration_seconds"), "{{tier}}")], log=True),
    timeseries("Lateness of a poll, 99th percentile", "s",
               "How long after it was due a poll began. Above some 10 ms the host, or another "
               "tier, kept it waiting, and peaks in between may be missed.",
               [query(quantile("connwatch_poll_lateness_seconds"), "{{tier}}")], log=True),
    timeseries("Files and threads", "short",
               "Open descriptors against their limit. They grow with HTTP clients, never with "
               "sockets.",
               [query("process_open_fds{HOST}", "open files"),
                query("process_max_fds{HOST}", "limit of files"),
                query("process_threads{HOST}", "threads")], log=True),
)

MISSED = row(
    "What has it missed?",
    timeseries("Failed polls by reason", "cps",
               "no_buffer_space: the kernel ran out of memory for the answer. timeout: it did not "
               "end. unsupported: no inet_diag module. permission: a sandbox forbids netlink.",
               [query(f"sum by (reason) ({rate('connwatch_poll_errors_total')})", "{{reason}}")],
               width=6),
    timeseries("Overruns", "cps",
               "Polls left out because the one before was still running. More than a few: the "
               "interval is too short for this host.",
               [query(rate("connwatch_poll_overruns_total"), "{{tier}}")], width=6),
    timeseries("Not as the kernel counts", "percentunit",
               "How far each full poll is from the kernel's own count of sockets. A walk takes "
               "time: some per mille on a busy host are normal.",
               [query("connwatch_sockstat_discrepancy_ratio{HOST}", "discrepancy")], width=6),
    timeseries("Met twice in one walk", "cps",
               "Sockets that moved while they were counted, and were counted once. No trouble, but "
               "it says how restless the table is.",
               [query(rate("connwatch_dump_duplicates_total"), "duplicates")], width=6),
)

EVENTS = row(
    "Are the totals exact?",
    timeseries("Destroy events", "cps",
               "The kernel tells of every connection that ends, so that short ones count. Lost: "
               "times that the buffer was full; totals are too low then.",
               [query(rate("connwatch_destroy_events_total"), "received"),
                query(rate("connwatch_destroy_event_overruns_total"), "times some were lost")],
                width=6),
    timeseries("What is known of the ends", "cps",
               "complete: final values are known. disconnected: the kernel had wiped them. "
               "vanished: no event came. Many of the last two make totals a little too low.",
               [query(rate("connwatch_connections_ended_total"), "{{cause}}")], width=6),
    timeseries("Connections followed", "short",
               "Untracked ones are beyond max_tracked_connections, and counted only at their end.",
               [query("connwatch_tracked_connections{HOST}", "tracked"),
                query("connwatch_untracked_connections{HOST}", "untracked")], width=6),
    stat("Told of ends", "none",
         "Off: destroy_events says so, or auto found them too dear for this minute. Totals of "
         "short connections are missing then.",
         [now("connwatch_destroy_events_active{HOST}")], width=3, height=8,
         mappings=[value_mapping({0: ("off", AMBER), 1: ("on", GREEN)})]),
    stat("Subjects without series", "short",
         "Listeners and groups beyond max_listeners and max_groups, summed as other. Above 0: "
         "raise the limit, or write groups.",
         [now("connwatch_folded_subjects{HOST}", "{{kind}}")], width=3, height=8,
         steps=thresholds((1, AMBER)), text="value_and_name"),
)

ALERTS = row(
    "Do the alerts work and arrive?",
    timeseries("Alerts that fire", "short",
               "By rule. One that fires for days is either trouble that nobody minds or a "
               "threshold that does not fit: change it.",
               [query("sum by (alert) (connwatch_alert_firing{HOST}) > 0", "{{alert}}")], width=6,
               stack=True),
    timeseries("Alerts that came to nothing, or fired, in 5 min", "short",
               "Many inactive and few firing: the for of the rules does its work. Many firing and "
               "resolved in turns: a threshold without clear.",
               [query("sum by (to) (increase(connwatch_alert_transitions_total{HOST}[5m]))",
                      "{{to}}")],
               width=6),
    timeseries("Requests to Alertmanagers and webhooks", "cps",
               "Failures are tried again and lose nothing for 15 minutes; the log has the reason.",
               [query(rate("connwatch_alert_notifications_total"), "{{alertmanager}} {{result}}")],
               width=6),
    timeseries("Alerts not delivered", "short",
               "Waiting: a receiver that does not take them. Given up, left out: nobody has heard "
               "of these.",
               [query("connwatch_alert_notification_queue_length{HOST}",
                      "waiting for {{alertmanager}}"),
                query("increase(connwatch_alert_notifications_dropped_total{HOST}[5m])",
                      "given up, {{alertmanager}}"),
                query("sum(connwatch_alert_subjects_left_out{HOST})", "left out")], width=6),
)

CLIENTS = row(
    "Are HTTP clients refused?",
    timeseries("Refused HTTP clients", "cps",
               "By reason. login: somebody lacks the password, or guesses it. bad_request, timeout, "
               "tls, connection_limit: a client that is broken, or an attacker. The log has its "
               "address.",
               [query(rate("connwatch_http_refusals_total"), "{{reason}}")], width=12),
)

SETUP = row(
    "Which version runs, with which configuration?",
    table("Version", "What runs on this host. Give it with a report of a fault.",
          [rows_of("connwatch_build_info{HOST}")],
          {"instance": ("Host", None), "version": ("Version", None), "revision": ("Revision", None),
           "compiler": ("Compiler", None)}, width=12, height=5, hidden=("job", "Value")),
    stat("Latest reload", "none",
         "Failed: the configuration before is still in force; the log names line and column.",
         [now("connwatch_config_last_reload_successful{HOST}")], height=5,
         mappings=[value_mapping({0: ("failed", RED), 1: ("good", GREEN)})]),
    stat("Configuration in force for", "s", "Since the latest reload that succeeded, or the start.",
         [now("time() - connwatch_config_last_reload_success_timestamp_seconds{HOST}")], height=5),
    stat("Running for", "s", "Short: the daemon has been restarted. Totals start again with it.",
         [now("time() - process_start_time_seconds{HOST}")], height=5),
)

DASHBOARD = dashboard(
    "monitor", "connwatch / The monitor itself",
    "How far the numbers of one host can be trusted, and what they cost.", host_variables(),
    [FRESH, COST, MISSED, EVENTS, ALERTS, CLIENTS, SETUP], links=[to_daemon()])
