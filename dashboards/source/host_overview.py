"""Host overview: one row per question that a person brings to a host, in this order."""
from panels import (AMBER, NO_TROUBLE, RED, bars, column_style, dashboard, firing_alerts,
                    host_variables, incomplete_totals, limit_style, now, query, row, rows_of, stat,
                    state_timeline, table, thresholds, timeseries, to_daemon, to_dashboard)

LISTENERS = to_dashboard("listeners", "Listeners and SYN queues")
QUALITY = to_dashboard("quality", "Connection quality")
HANDSHAKES = to_dashboard("handshakes", "Handshakes")
MONITOR = to_dashboard("monitor", "The monitor itself")

NOW = row(
    "What is wrong now?",
    table("Alerts that fire",
          "The daemon's own alerts that fire now. An empty table is good news if the data is fresh "
          "(see Age of the data). docs/alerts.md says what each alert means. The evidence is in "
          "/api/v1/alerts of the daemon.",
          [rows_of("connwatch_alert_firing{HOST} == 1")],
          {"severity": ("Severity", None), "alert": ("Alert", None), "subject": ("Subject", None)},
          width=12, height=7, hidden=("job", "instance", "Value"), sort="Severity",
          overrides=[column_style("Subject", links=[LISTENERS, to_daemon()])]),
    stat("Sockets", "short",
         "All TCP sockets of the host. The number shows how much the host has to do, not whether "
         "it is healthy.",
         [now("sum(connwatch_tcp_sockets{HOST})")], height=7),
    stat("Fullest queue", "percentunit",
         "The fullest accept or SYN queue of all listeners in the last 30 s. Below 50 % there is "
         "room. Above 80 % a listener is about to turn clients away.",
         [now("max(instance:connwatch_listener_queue_peak:ratio_max{HOST})")],
         height=7, steps=thresholds((0.5, AMBER), (0.8, RED)), links=[LISTENERS]),
    stat("Age of the data", "s",
         "How old the daemon's oldest data is. Above 30 s, either the daemon cannot read the "
         "kernel, and everything below is frozen, or cpu_budget has made the polls less frequent: "
         "see the dashboard of the monitor.",
         [now("max(instance:connwatch_poll_age_seconds:max{HOST})")],
         height=7, steps=thresholds((20, AMBER), (30, RED)), links=[MONITOR, to_daemon()]),
)

STATES = row(
    "1. How many connections are in each state, by family, listener and service?",
    timeseries("Sockets by state", "short",
               "Look for a state that grows and stays high. For SYN-SENT see question 2, for "
               "SYN-RECV question 3, for TIME-WAIT question 6. Many CLOSE-WAIT mean that an "
               "application does not close its sockets.",
               [query("sum by (state) (connwatch_tcp_sockets{HOST}) > 0", "{{state}}")],
               stack=True),
    timeseries("Sockets by family", "short",
               "If one family loses its connections and the other does not, its route or its DNS "
               "name is broken.",
               [query("sum by (family) (connwatch_tcp_sockets{HOST})", "{{family}}")]),
    timeseries("Established, busiest groups", "short",
               "Shows which service has the connections. A group that only grows probably leaks "
               "connections.",
               [query("topk(10, sum by (group, direction) "
                      '(connwatch_tcp_group_sockets{HOST,state="established"}))',
                      "{{group}} {{direction}}")], links=[QUALITY]),
)

SYN_SENT = row(
    "2. SYN-SENT: which handshakes of ours are pending?",
    timeseries("Pending connects", "short",
               "Outbound handshakes without an answer, by destination group. A few are normal: "
               "each lasts one round trip. A plateau is a destination that does not answer.",
               [query("topk(10, connwatch_syn_sent_sockets{HOST})", "{{group}}")]),
    timeseries("Of these, SYN sent again", "short",
               "The kernel repeats a SYN after 1 s. A connect that stays here has met a packet "
               "filter, an asymmetric route or a dead peer. Above 10 for 30 s, ConnectsPending "
               "fires.",
               [query("topk(10, connwatch_syn_sent_retransmitting{HOST})", "{{group}}")],
               lines=thresholds((10, AMBER))),
    timeseries("Age of the oldest", "s",
               "Up to a second is a slow network. A line that climbs straight is one connect that "
               "nobody answers. It ends after tcp_syn_retries (127 s by default).",
               [query("topk(10, connwatch_syn_sent_oldest_age_seconds{HOST})", "{{group}}")],
               links=[{**to_daemon(), "title": "The pending handshakes one by one",
                       "url": "http://${instance}/api/v1/handshakes"}]),
)

SYN_RECV = row(
    "3. SYN-RECV: is a listener's SYN queue filling, and why?",
    timeseries("SYN queues, peak of 30 s", "percentunit",
               "Peak of the half-open handshakes as a share of the listener's limit. At 100 % the "
               "kernel sends SYN cookies or drops SYNs. If the accept queue is full, this stays "
               "near 0: look at the accept queues on the dashboard of the listeners.",
               [query('topk(10, instance_listener_queue:connwatch_listener_queue_peak:ratio'
                      '{HOST,queue="syn"})', "{{listener}}")],
               lines=thresholds((0.8, RED)), links=[LISTENERS]),
    state_timeline("Diagnosis",
                   "Listeners whose handshakes are in trouble, and why. syn_flood: filter "
                   "upstream. return_path_loss: look for the asymmetric route. accept_queue_full: "
                   "look at the application. deferred_accept is no trouble. docs/diagnosis.md has "
                   "the rules.",
                   [query("connwatch_listener_diagnosis{HOST} == 1", "{{listener}} {{cause}}")],
                   states={1: ("found", RED)}, overrides=[NO_TROUBLE], width=8),
    timeseries("SYN cookies and drops", "cps",
               "Cookies sent mean that a SYN queue is at its limit and its length no longer shows "
               "the load. Every drop makes a client wait for a second or more.",
               [query("rate(connwatch_kernel_tcp_syncookies_sent_total{HOST}[$__rate_interval])",
                      "cookies sent"),
                query("sum(rate(connwatch_listener_drops_total{HOST}[$__rate_interval]))",
                      "dropped by listeners")]),
)

FAILED = row(
    "4. Did connects fail, and how?",
    timeseries("Handshakes that failed", "cps",
               "Refused or given up: all handshakes that ended before they were established, in "
               "both directions. Timed out: connections that got no answer, established ones "
               "included. The others were refused by a RST. No route: the kernel has no route to "
               "the destination.",
               [query("rate(connwatch_kernel_tcp_attempt_fails_total{HOST}[$__rate_interval])",
                      "refused or given up"),
                query("rate(connwatch_kernel_tcp_abort_on_timeout_total{HOST}[$__rate_interval])",
                      "timed out"),
                query("rate(connwatch_kernel_ip_out_no_routes_total{HOST}[$__rate_interval])",
                      "no route")], links=[HANDSHAKES]),
    timeseries("RSTs and resets", "cps",
               "RSTs sent: somebody connects to a port that nobody listens on, or an application "
               "closes a connection with unread data. Established and reset: a peer or an "
               "application ended a connection by RST.",
               [query("rate(connwatch_kernel_tcp_out_rsts_total{HOST}[$__rate_interval])",
                      "RSTs sent"),
                query("rate(connwatch_kernel_tcp_estab_resets_total{HOST}[$__rate_interval])",
                      "established and reset")]),
    timeseries("Handshakes begun", "cps",
               "Compare the failures with these numbers. If as many SYNs and SYN-ACKs are sent "
               "again as handshakes begin, most handshakes need more than one try.",
               [query("rate(connwatch_kernel_tcp_active_opens_total{HOST}[$__rate_interval])",
                      "outbound"),
                query("rate(connwatch_kernel_tcp_passive_opens_total{HOST}[$__rate_interval])",
                      "inbound"),
                query("rate(connwatch_kernel_tcp_syn_retrans_total{HOST}[$__rate_interval])",
                      "SYN or SYN-ACK sent again")]),
)

ESTABLISHED = row(
    "5. ESTABLISHED: how good are the connections?",
    timeseries("Round-trip time, 99th percentile", "s",
               "The slowest 1 % of each group's open and active connections is above this. If one "
               "group steps up, its path has changed. If all groups do, it is this host or its "
               "uplink.",
               [query("topk(10, instance_group:connwatch_tcp_rtt_seconds:p99_rate5m{HOST})",
                      "{{group}}")], width=6, log=True, links=[QUALITY]),
    timeseries("Retransmitted segments", "percentunit",
               "Below 1 % is a good network, up to 3 % a mobile one. Above 5 % throughput falls to "
               "a fraction.",
               [query("topk(10, "
                      "instance_group:connwatch_tcp_segments_retransmitted:ratio_rate5m{HOST})",
                      "{{group}}")], width=6, lines=thresholds((0.05, RED)), links=[QUALITY]),
    timeseries("Payload", "Bps",
               "Payload that the peers acknowledged, and payload received in order, over all "
               "groups. If it falls while the connections stay, look at the panels beside: loss, "
               "round trips, or a receiver that does not read.",
               [query("sum(rate(connwatch_tcp_bytes_sent_total{HOST}[$__rate_interval]))", "sent"),
                query("sum(rate(connwatch_tcp_bytes_received_total{HOST}[$__rate_interval]))",
                      "received")], width=6, links=[QUALITY]),
    timeseries("Queues that do not drain", "bytes",
               "The largest queue of a single socket. Receive: an application here does not read. "
               "Send: a peer does not read, or the path is too slow.",
               [query("max(connwatch_tcp_receive_queue_bytes_max{HOST})", "receive"),
                query("max(connwatch_tcp_send_queue_bytes_max{HOST})", "send")],
               width=6, links=[QUALITY]),
)

# Of each limit what is used, with the label "of"; one that is not known is left out.
SHARES = [f'label_replace(max({used}), "of", "{name}", "", "")' for name, used in (
    ("ports to one destination", "instance:connwatch_ephemeral_ports_used:ratio{HOST}"),
    ("ports of one source", "connwatch_ephemeral_ports_used_peak_source{HOST} "
                            "/ (connwatch_ephemeral_ports_available{HOST} > 0)"),
    ("TIME-WAIT", "instance:connwatch_time_wait_sockets:ratio{HOST}"),
    ("orphans", "connwatch_tcp_orphans{HOST} / connwatch_tcp_orphan_limit{HOST}"),
    ("memory until pressure", "connwatch_tcp_memory_pages{HOST} "
                              "/ (connwatch_tcp_memory_pages_pressure{HOST} > 0)"),
    ("memory", "connwatch_tcp_memory_pages{HOST} / connwatch_tcp_memory_pages_limit{HOST}"),
    ("connection tracking", "connwatch_kernel_conntrack_entries{HOST} "
                            "/ (connwatch_kernel_conntrack_entries_limit{HOST} > 0)"))]

LIMITS = row(
    "6. TIME-WAIT and ports: is something running out?",
    timeseries("TIME-WAIT", "short",
               "These connections were closed in the last minute. Near the limit "
               "(tcp_max_tw_buckets) the kernel ends TIME-WAIT early, and late segments can meet a "
               "new connection.",
               [query("connwatch_tcp_time_wait{HOST}", "TIME-WAIT"),
                query("connwatch_tcp_time_wait_limit{HOST}", "limit")],
               width=6, log=True, overrides=[limit_style("limit")]),
    timeseries("Ports for outbound connections", "short",
               "Local ports in use towards the busiest destination: at the limit, connects there fail "
               "with EADDRNOTAVAIL. And ports in use by one source address: at the limit, bind() "
               "before connect() fails. Keep connections open, or use more addresses.",
               [query("connwatch_ephemeral_ports_used_peak_destination{HOST}",
                      "to one destination"),
                query("connwatch_ephemeral_ports_used_peak_source{HOST}", "of one source"),
                query("connwatch_ephemeral_ports_available{HOST}", "limit")],
               width=6, log=True, overrides=[limit_style("limit")]),
    bars("Use of the kernel's limits", "percentunit",
         "The share of each limit that is in use. Above 80 % the next peak may reach it. Orphans: "
         "sockets that were closed with unsent data. Memory: tcp_mem; from its second number on "
         "(pressure) all connections become slower, at the third one the kernel drops. Orphans and "
         "memory "
         "are known on the host itself, not in a network namespace. Connection tracking: its "
         "table; when it is full, the packets of new flows are dropped.",
         [now(f"sort_desc({' or '.join(SHARES)})", "{{of}}")],
         width=6, steps=thresholds((0.6, AMBER), (0.8, RED)), most=1),
    timeseries("Lost because a limit was reached", "cps",
               "Should be 0. TIME-WAIT: sockets whose TIME-WAIT the kernel ended early. "
               "Connections: those that the kernel ended because TCP memory was full or there were "
               "too many orphans. Connection tracking: packets of new flows that were dropped, for "
               "lack of room or because two packets raced (insert failed), and old flows that were "
               "removed early to make room.",
               [query("rate(connwatch_kernel_tcp_time_wait_overflow_total{HOST}[$__rate_interval])",
                      "TIME-WAIT"),
                query("rate(connwatch_kernel_tcp_abort_on_memory_total{HOST}[$__rate_interval])",
                      "connections"),
                query("rate(connwatch_kernel_conntrack_drop_total{HOST}[$__rate_interval])",
                      "connection tracking, dropped"),
                query("rate(connwatch_kernel_conntrack_insert_failed_total{HOST}"
                      "[$__rate_interval])", "connection tracking, insert failed"),
                query("rate(connwatch_kernel_conntrack_early_drop_total{HOST}[$__rate_interval])",
                      "connection tracking, removed early")], width=6),
)

OWNERS = row(
    "7. Who owns the connections?",
    table("Listeners and their owners",
          "The systemd unit or container that owns each listener. Empty if the socket is in no "
          "unit. Sockets: how many share the address (SO_REUSEPORT).",
          [rows_of("max by (listener, unit) (connwatch_listener_info{HOST})"),
           rows_of("max by (listener) (connwatch_listener_sockets{HOST})"),
           rows_of("max by (listener) (connwatch_listener_accept_queue_limit{HOST})")],
          {"listener": ("Listener", None), "unit": ("Unit", None), "Value #B": ("Sockets", "short"),
           "Value #C": ("Backlog", "short")},
          width=12, hidden=("Value #A",), overrides=[column_style("Listener", links=[LISTENERS])]),
    table("Groups",
          "Connections of each group now, and the bytes it sent and received in the last 5 "
          "minutes. You can define groups by port, prefix or unit: see groups: and group_by: in "
          "the configuration.",
          [rows_of('sum by (group) (connwatch_tcp_group_sockets{HOST,state="established"})'),
           rows_of('sum by (group) (connwatch_tcp_group_sockets{HOST,state="close_wait"})'),
           rows_of("sum by (group) (increase(connwatch_tcp_bytes_sent_total{HOST}[5m]))"),
           rows_of("sum by (group) (increase(connwatch_tcp_bytes_received_total{HOST}[5m]))")],
          {"group": ("Group", None), "Value #A": ("Established", "short"),
           "Value #B": ("CLOSE-WAIT", "short"), "Value #C": ("Sent", "bytes"),
           "Value #D": ("Received", "bytes")},
          width=12, sort="Established", overrides=[column_style("Group", links=[QUALITY])]),
)

TRUST = row(
    "8. How far can I trust these numbers?",
    stat("Polls that failed, 5 min", "short",
         "0 is good. If polls fail, the reason is on the dashboard of the monitor and in the "
         "daemon's log.",
         [now('sum(increase(connwatch_polls_total{HOST,result="failure"}[5m]))')],
         width=5, steps=thresholds((1, RED)), links=[MONITOR, to_daemon()]),
    stat("Difference from the kernel's count", "percentunit",
         "Difference between the socket count of the latest full poll and the kernel's own. A busy "
         "host never shows exactly 0. Above a few per cent, sockets come and go faster than they "
         "are read.",
         [now("connwatch_sockstat_discrepancy_ratio{HOST}")],
         width=5, steps=thresholds((0.05, AMBER), (0.2, RED)), links=[MONITOR]),
    stat("Lost destroy events, 5 min", "short",
         "How often destroy events were lost because the buffer was full. Above 0, the totals of "
         "short connections are too low: increase destroy_event_buffer.",
         [now("increase(connwatch_destroy_event_overruns_total{HOST}[5m])")],
         width=5, steps=thresholds((1, AMBER)), links=[MONITOR]),
    stat("Totals not exact, 5 min", "percentunit",
         "The share of the time in which the totals of bytes, segments and closed connections "
         "lacked some: the alert TotalsNotExact says why.",
         [now("1 - avg_over_time(connwatch_totals_exact{HOST}[5m])")],
         width=5, steps=thresholds((0.001, AMBER)), links=[MONITOR]),
    stat("CPU time of polls and events", "percentunit",
         "CPU time as a share of one core. cpu_budget limits the polls (2 % by default): when they "
         "would cost more, they become less frequent. Events cost 1 % for about 10,000 a second.",
         [now("sum(rate(connwatch_poll_cpu_seconds_total{HOST}[$__rate_interval])) "
              "+ sum(rate(connwatch_destroy_event_cpu_seconds_total{HOST}[$__rate_interval]))")],
         width=4, links=[MONITOR]),
)

DASHBOARD = dashboard(
    "host", "connwatch / Host overview",
    "One host's TCP connections. Each row answers a question, from what is wrong now to how far "
    "the numbers can be trusted. The marks are alerts, and times when totals were too low.",
    host_variables(),
    [NOW, STATES, SYN_SENT, SYN_RECV, FAILED, ESTABLISHED, LIMITS, OWNERS, TRUST],
    annotations=[*firing_alerts(), incomplete_totals()], links=[to_daemon()])
