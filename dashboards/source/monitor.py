"""The monitor itself: how old its data is, what it costs, what it has missed."""
from panels import (AMBER, BLUE, GREEN, RED, dashboard, firing_alerts, host_variables,
                    incomplete_totals, now, query, row, rows_of, stat, table, thresholds,
                    timeseries, to_daemon, value_mapping)


def rate(metric):
    return f"rate({metric}{{HOST}}[$__rate_interval])"


def quantile(histogram):
    return (f"histogram_quantile(0.99, sum by (le, tier) "
            f"(rate({histogram}_bucket{{HOST}}[$__rate_interval])))")


FRESH = row(
    "Is the data fresh?",
    timeseries("Age of each tier's data", "s",
               "A saw-tooth up to the tier's interval is right. A straight climb is a tier that "
               "cannot read the kernel any more: all its numbers are frozen.",
               [query("time() - connwatch_poll_last_success_timestamp_seconds{HOST}", "{{tier}}")]),
    timeseries("Interval in force", "s",
               "10 s, 1 s and 0.1 s by default. If an interval is longer than configured, polls "
               "cost more than cpu_budget allows, so the daemon polls less often.",
               [query("connwatch_poll_interval_seconds{HOST}", "{{tier}}")], log=True),
    timeseries("Polls", "cps",
               "Polls per second: 1 divided by the interval in force. The reasons of failures are "
               "in the panel on failed polls and in the daemon's log.",
               [query(rate("connwatch_polls_total"), "{{tier}} {{result}}")], log=True),
)

COST = row(
    "What does it cost?",
    timeseries("CPU time of polls and events", "percentunit",
               "As a share of one core, the kernel's walk included. cpu_budget limits the polls, 2 "
               "% by default. destroy_event_budget limits the events, 15 % by default.",
               [query(rate("connwatch_poll_cpu_seconds_total"), "{{tier}}"),
                query(rate("connwatch_destroy_event_cpu_seconds_total"), "destroy events")],
               stack=True),
    timeseries("CPU time of the process", "percentunit",
               "Polls, events and everything else: scrapes, alerts, log. If it is much more than "
               "the panel beside shows, somebody scrapes very often.",
               [query(rate("process_cpu_seconds_total"), "process")]),
    timeseries("Memory", "bytes",
               "A few MB, and 64 bytes for each followed connection. Growth without more "
               "connections would be a leak: report it.",
               [query("process_resident_memory_bytes{HOST}", "resident")]),
    timeseries("Duration of a poll, 99th percentile", "s",
               "It grows with the number of sockets: about 1 s per million for the full tier. If "
               "it jumps without more sockets, the host is short of CPU.",
               [query(quantile("connwatch_poll_duration_seconds"), "{{tier}}")], log=True),
    timeseries("Lateness of a poll, 99th percentile", "s",
               "How much later than planned a poll began. Above about 10 ms, the host or another "
               "tier kept it waiting, and short peaks may be missed.",
               [query(quantile("connwatch_poll_lateness_seconds"), "{{tier}}")], log=True),
    timeseries("Files and threads", "short",
               "Open descriptors and their limit, and threads. They grow with the number of HTTP "
               "clients, never with the number of sockets that are watched.",
               [query("process_open_fds{HOST}", "open files"),
                query("process_max_fds{HOST}", "limit of files"),
                query("process_threads{HOST}", "threads")], log=True),
)

MISSED = row(
    "What has it missed?",
    timeseries("Failed polls by reason", "cps",
               "no_buffer_space: the kernel ran out of memory for the answer. timeout: the answer "
               "did not end. unsupported: there is no inet_diag module. permission: a sandbox "
               "forbids netlink.",
               [query(f"sum by (reason) ({rate('connwatch_poll_errors_total')})", "{{reason}}")],
               width=5),
    timeseries("Skipped polls", "cps",
               "Polls that were skipped because the one before was still running. If there are "
               "more than a few, the interval is too short for this host.",
               [query(rate("connwatch_poll_overruns_total"), "{{tier}}")], width=5),
    timeseries("Difference from the kernel's count", "percentunit",
               "Difference between the socket count of each full poll and the kernel's own. A walk "
               "takes time, so some per mille on a busy host are normal.",
               [query("connwatch_sockstat_discrepancy_ratio{HOST}", "discrepancy")], width=5),
    timeseries("Sockets delivered twice", "cps",
               "Sockets that the kernel delivered twice in one dump, because they moved meanwhile. "
               "They are counted once, so this is no trouble. It shows how fast the table changes.",
               [query(rate("connwatch_dump_duplicates_total"), "duplicates")], width=5),
    stat("Pauses, 1 h", "s",
         "Time of the last hour in which the daemon did not run: it was stopped, its host was "
         "suspended, or it got no CPU time. Nothing was polled then.",
         [now("increase(connwatch_paused_seconds_total{HOST}[1h])")], width=4, height=8,
         steps=thresholds((1, AMBER))),
)

EVENTS = row(
    "Are the totals exact?",
    timeseries("Destroy events", "cps",
               "The kernel sends an event for every connection that ends, so that short "
               "connections are counted. Times some were lost: the buffer was full, and totals are "
               "too low. Where marked, none came or some were lost.",
               [query(rate("connwatch_destroy_events_total"), "received"),
                query(rate("connwatch_destroy_event_overruns_total"), "times some were lost")],
               width=4),
    timeseries("Ended connections by what is known", "cps",
               "complete: the final values are known. disconnected: the kernel had cleared them "
               "before the event. vanished: no event came. Many of the last two make totals a "
               "little too low. The direction of some was guessed, by what is said; 'by nothing' "
               "may be wrong.",
               [query(rate("connwatch_connections_ended_total"), "{{cause}}"),
                query(rate("connwatch_connections_direction_guessed_total"),
                      "direction by {{by}}")], width=4),
    timeseries("Connections followed", "short",
               "Untracked connections are beyond max_tracked_connections. They are counted only "
               "when they end.",
               [query("connwatch_tracked_connections{HOST}", "tracked"),
                query("connwatch_untracked_connections{HOST}", "untracked")], width=4),
    stat("Totals exact", "none",
         "No: the totals of bytes, segments and closed connections lack some. The alert "
         "TotalsNotExact says why. What is over counts for a minute.",
         [now("connwatch_totals_exact{HOST}")], width=3, height=8,
         mappings=[value_mapping({0: ("no", AMBER), 1: ("yes", GREEN)})]),
    stat("Destroy events active", "none",
         "Off: destroy_events is off, or with auto the events cost too much CPU time, and the "
         "daemon stopped reading them for a minute. Then the totals miss short connections.",
         [now("connwatch_destroy_events_active{HOST}")], width=3, height=8,
         mappings=[value_mapping({0: ("off", AMBER), 1: ("on", GREEN)})]),
    stat("No destroy events, 1 h", "percentunit",
         "The share of the last hour in which none came although they are switched on.",
         [now("rate(connwatch_destroy_events_absent_seconds_total{HOST}[1h])")], width=3, height=8,
         steps=thresholds((0.001, AMBER))),
    stat("Summed up as other", "short",
         "Listeners beyond max_listeners and groups beyond max_groups, which are summed up as "
         "other. If it is above 0, raise the limit, or configure groups.",
         [now("connwatch_folded_subjects{HOST}", "{{kind}}"),
          now("connwatch_folded_listeners_in_trouble{HOST}", "listeners in trouble")],
         width=3, height=8, steps=thresholds((1, AMBER)), text="value_and_name"),
)

NAMESPACES = row(
    "Does it see every network namespace?",
    stat("Source of the sockets", "none",
         "The walk over the kernel's own table sees every network namespace, inet_diag only the "
         "daemon's own. The daemon's page says why the walk is not in use.",
         [now("connwatch_kernel_walk_in_use{HOST}")], height=8,
         mappings=[value_mapping({0: ("inet_diag", BLUE), 1: ("walk", GREEN)})]),
    stat("Other network namespaces", "short",
         "Left out: their sockets cannot be seen. In trouble: no place was free for these, so "
         "raise max_network_namespaces. Unnamed ones have a number for a name.",
         [now("connwatch_network_namespaces{HOST}", "seen"),
          now("connwatch_network_namespaces_unnamed{HOST}", "unnamed"),
          now("connwatch_network_namespaces_left_out{HOST}", "left out"),
          now("connwatch_folded_network_namespaces_in_trouble{HOST}", "in trouble, no place")],
         height=8, text="value_and_name"),
    stat("Ends of their connections", "none",
         "Not traced: the totals of other namespaces lack what a connection moved after its last "
         "full poll, and short connections completely.",
         [now("connwatch_netns_destroy_events_active{HOST}")], height=8,
         mappings=[value_mapping({0: ("not traced", AMBER), 1: ("traced", GREEN)})]),
    timeseries("What the walk met", "cps",
               "Read again: a socket had moved, which is normal. Not read to the end and thrown "
               "away: sockets are missing. Cookies: sockets that had no number until the daemon "
               "asked for it.",
               [query(rate("connwatch_kernel_walk_restarted_buckets_total"), "buckets read again"),
                query(rate("connwatch_kernel_walk_overrun_buckets_total"),
                      "buckets not read to the end"),
                query(rate("connwatch_kernel_walk_faulted_records_total"), "sockets thrown away"),
                query(rate("connwatch_kernel_walk_cookies_given_total"), "cookies given")],
               width=6),
    timeseries("Runs of the walk", "cps",
               "A walk is cut into short runs, so that the kernel is never held up for long.",
               [query(rate("connwatch_kernel_walk_runs_total"), "runs")], width=3),
    stat("Longest run", "s",
         "The kernel cannot free memory of sockets during a run, so it should be about 1 ms.",
         [now("connwatch_kernel_walk_longest_run_seconds{HOST}")], width=3, height=8,
         steps=thresholds((0.01, AMBER))),
)

ALERTS = row(
    "Do the alerts work and arrive?",
    timeseries("Alerts that fire", "short",
               "Alerts that fire, by rule. If an alert fires for days, either nobody cares about "
               "the trouble, or the threshold does not fit: change it.",
               [query("sum by (alert) (connwatch_alert_firing{HOST}) > 0", "{{alert}}")], width=5,
               stack=True),
    timeseries("Changes of state in 5 min", "short",
               "Alerts that became pending, firing, resolved or inactive (pending ones that did "
               "not fire). Many inactive and few firing are good: the time that a rule waits (for) "
               "filters short trouble. If alerts fire and resolve again and again, the rule needs a "
               "clear level.",
               [query("sum by (to) (increase(connwatch_alert_transitions_total{HOST}[5m]))",
                      "{{to}}")],
               width=5),
    timeseries("Requests to Alertmanagers and webhooks", "cps",
               "Failed requests are tried again. Nothing is lost for 15 minutes. The log has the "
               "reason.",
               [query(rate("connwatch_alert_notifications_total"), "{{alertmanager}} {{result}}")],
               width=5),
    timeseries("Alerts not delivered", "short",
               "Waiting: a receiver does not take these alerts. Given up, no room, left out: nobody "
               "was told of these alerts.",
               [query("connwatch_alert_notification_queue_length{HOST}",
                      "waiting for {{alertmanager}}"),
                query("increase(connwatch_alert_notifications_dropped_total{HOST}[5m])",
                      "given up, {{alertmanager}}"),
                query("connwatch_alert_notifications_left_out{HOST}", "no room, {{alertmanager}}"),
                query("sum(connwatch_alert_subjects_left_out{HOST})", "left out")], width=5),
    timeseries("Clocks of Alertmanagers", "s",
               "How far the clock of a receiver is ahead of the host's. If it is not near 0, one of "
               "them is wrong. Alerts are sent in the receiver's time.",
               [query("connwatch_alertmanager_clock_difference_seconds{HOST}",
                      "{{alertmanager}}")], width=4),
)

CLIENTS = row(
    "Are HTTP clients refused, and is the log whole?",
    timeseries("Refused HTTP clients", "cps",
               "Refusals by reason. login: somebody does not have the password, or guesses it. "
               "bad_request, timeout, tls, connection_limit: a broken client, or an attacker. "
               "shortage: the daemon has too few descriptors. The log has the client's address.",
               [query(rate("connwatch_http_refusals_total"), "{{reason}}")], width=8),
    timeseries("Unread replies", "bytes",
               "Memory of the replies that HTTP clients have not read yet, at most 32 MiB.",
               [query("connwatch_http_held_bytes{HOST}", "held")], width=8),
    timeseries("Lost log lines", "short",
               "Whoever reads the daemon's log was slower than the daemon wrote, or there was no space "
               "for it.",
               [query("increase(connwatch_log_lines_lost_total{HOST}[5m])", "lost")], width=8),
    timeseries("Incidents", "short",
               "Alerts that have fired and that the daemon keeps. A restart forgets them while "
               "\"written to the disk\" is 0.",
               [query("connwatch_incidents_kept{HOST}", "kept"),
                query("connwatch_incidents_persistent{HOST}", "written to the disk"),
                query("increase(connwatch_incidents_failures_total{HOST}[5m])", "failures"),
                query("increase(connwatch_incidents_dropped_total{HOST}[5m])", "given up")], width=8),
    timeseries("Size of the incidents", "bytes", "The file in which they are, or the memory.",
               [query("connwatch_incidents_size_bytes{HOST}", "size")], width=8),
)

SETUP = row(
    "Which version runs, with which configuration?",
    table("Version", "The version that runs on this host. Give it when you report a bug.",
          [rows_of("connwatch_build_info{HOST}")],
          {"instance": ("Host", None), "version": ("Version", None), "revision": ("Revision", None),
           "compiler": ("Compiler", None)}, width=12, height=5, hidden=("job", "Value")),
    stat("Latest reload", "none",
         "Failed: the previous configuration is still in force. The log names line and column of "
         "the mistake.",
         [now("connwatch_config_last_reload_successful{HOST}")], height=5,
         mappings=[value_mapping({0: ("failed", RED), 1: ("good", GREEN)})]),
    stat("Configuration in force for", "s", "Time since the latest reload that succeeded, or since "
                                            "the start.",
         [now("time() - connwatch_config_last_reload_success_timestamp_seconds{HOST}")], height=5),
    stat("Running for", "s", "How long the daemon has been running. Totals begin at 0 when it "
                             "starts.",
         [now("time() - process_start_time_seconds{HOST}")], height=5),
)

DASHBOARD = dashboard(
    "monitor", "connwatch / The monitor itself",
    "How far the numbers of one host can be trusted, and what they cost. The marks are alerts, and "
    "times when totals were too low.", host_variables(),
    [FRESH, COST, MISSED, EVENTS, NAMESPACES, ALERTS, CLIENTS, SETUP],
    annotations=[*firing_alerts(), incomplete_totals()], links=[to_daemon()])
