"""Listeners and SYN queues: each queue against its limit, what is lost, and why."""
from panels import (AMBER, NO_TROUBLE, RED, column_style, dashboard, firing_alerts,
                    host_variables, limit_style, query, row, rows_of, state_timeline, table,
                    thresholds, timeseries, to_daemon, variable)

FULL = thresholds((0.5, AMBER), (0.8, RED))
# Subjects of alerts: those chosen, the host, and the listeners in other network namespaces, which
# cannot be chosen. No groups, which .* would match as well.
SUBJECTS = ('=~"$listener|host|.+/.+"', '=~"host|.*:[0-9]+"')
# The alerts of the daemon whose subject is one of the listeners chosen.
OF_LISTENERS = '{HOST,subject=~"$listener",subject=~".*:[0-9]+"}'


def limit(queue):
    """Of the listeners that have a tenth of it in use: a line for each would hide the rest."""
    return query("connwatch_listener_accept_queue_limit{LISTENER} and on (job, instance, listener) "
                 f"10 * {queue}{{LISTENER}} > connwatch_listener_accept_queue_limit{{LISTENER}}",
                 "limit of {{listener}}")


NOW = row(
    "Which listener is in trouble now?",
    table("Listeners",
          "A full queue turns clients away. The accept queue is full when the application does not "
          "accept. The SYN queue is full when handshakes do not complete. Drops are SYNs and final "
          "ACKs that the listener refused.",
          [rows_of("max by (listener) (connwatch_listener_accept_queue_length{LISTENER})"),
           rows_of("max by (listener) (instance_listener_queue:connwatch_listener_queue_peak:ratio"
                   '{LISTENER,queue="accept"})'),
           rows_of("max by (listener) (connwatch_listener_syn_queue_length{LISTENER})"),
           rows_of("max by (listener) (instance_listener_queue:connwatch_listener_queue_peak:ratio"
                   '{LISTENER,queue="syn"})'),
           rows_of("max by (listener) (connwatch_listener_accept_queue_limit{LISTENER})"),
           rows_of("max by (listener) "
                   "(instance_listener:connwatch_listener_drops:rate5m{LISTENER})"),
           rows_of("max by (listener, unit) (connwatch_listener_info{LISTENER})")],
          {"listener": ("Listener", None), "unit": ("Unit", None),
           "Value #A": ("Accept queue", "short"), "Value #B": ("Accept queue, peak", "percentunit"),
           "Value #C": ("SYN queue", "short"), "Value #D": ("SYN queue, peak", "percentunit"),
           "Value #E": ("Backlog", "short"), "Value #F": ("Drops", "cps")},
          hidden=("Value #G",), sort="SYN queue, peak",
          overrides=[column_style("Accept queue, peak", FULL),
                     column_style("SYN queue, peak", FULL),
                     column_style("Drops", thresholds((0.1, AMBER), (1, RED)))]),
    state_timeline("Diagnosis over time",
                   "When each cause was found. syn_flood: many networks never finish their "
                   "handshakes. return_path_loss: a few networks never finish theirs, so follow "
                   "the route back to them. accept_queue_full: the application is too slow. "
                   "syn_cookies: the queue's length no longer shows the load. deferred_accept: "
                   "complete handshakes that wait for data; this is no trouble.",
                   [query("connwatch_listener_diagnosis{LISTENER} == 1", "{{listener}} {{cause}}")],
                   states={1: ("found", RED)}, overrides=[NO_TROUBLE]),
)

SYN_QUEUE = row(
    "Does the SYN queue fill?",
    timeseries("SYN queue and its limit", "short",
               "Handshakes without a final ACK. Genuine handshakes last one round trip, so the "
               "line stays near 0. A straight climb is a flood or a path that loses packets. At a "
               "plateau the queue is at its limit, or as many handshakes time out as begin.",
               [query("connwatch_listener_syn_queue_length{LISTENER}", "{{listener}}"),
                limit("connwatch_listener_syn_queue_length")],
               width=12, overrides=[limit_style("/^limit/")]),
    timeseries("SYN queue, peak as a share of the limit", "percentunit",
               "At 100 % the kernel sends SYN cookies, or drops SYNs if cookies are off. Above 80 "
               "% for 10 s, SynQueueNearlyFull fires. Listeners with a limit below 4 are left out.",
               [query('instance_listener_queue:connwatch_listener_queue_peak:ratio'
                      '{LISTENER,queue="syn"}', "{{listener}}")],
               width=12, lines=thresholds((0.8, RED))),
    timeseries("Growth of the SYN queue", "cps",
               "Handshakes that begin minus handshakes that end, per second. SynRecvBacklogGrowth "
               "fires if it is above 20/s for 10 s and more than 64 handshakes wait.",
               [query("deriv(connwatch_listener_syn_queue_length{LISTENER}[$__rate_interval])",
                      "{{listener}}")], lines=thresholds((20, RED)), signed=True),
    timeseries("SYN-ACK sent again", "percentunit",
               "The share of the SYN queue whose SYN-ACK was sent again. Genuine clients answer "
               "the first SYN-ACK; on a poor network 1 to 5 % do not. Above 50 %, most handshakes "
               "will not complete.",
               [query("connwatch_listener_syn_queue_retransmitting{LISTENER} "
                      "/ (connwatch_listener_syn_queue_length{LISTENER} > 0)", "{{listener}}")],
               most=1, lines=thresholds((0.5, RED))),
    timeseries("SYN cookies", "cps",
               "Sent: the queue was full. Received: genuine clients that connected with a cookie. "
               "Failed: ACKs whose cookie is not valid. Many sent and few received are a flood.",
               [query("rate(connwatch_kernel_tcp_syncookies_sent_total{HOST}[$__rate_interval])",
                      "sent"),
                query("rate(connwatch_kernel_tcp_syncookies_recv_total{HOST}[$__rate_interval])",
                      "received"),
                query("rate(connwatch_kernel_tcp_syncookies_failed_total{HOST}[$__rate_interval])",
                      "failed")]),
)

ACCEPT_QUEUE = row(
    "Does the application accept fast enough?",
    timeseries("Accept queue and its limit", "short",
               "Connections that wait for accept(), and the backlog. A healthy server is at 0 "
               "nearly all the time. A line at its limit is an application that is blocked, or has "
               "no descriptors or workers left.",
               [query("connwatch_listener_accept_queue_length{LISTENER}", "{{listener}}"),
                query("connwatch_listener_accept_queue_peak{LISTENER} > 0", "peak of {{listener}}"),
                limit("connwatch_listener_accept_queue_length")],
               width=12, overrides=[limit_style("/^limit/")]),
    timeseries("Accept queue of the fullest socket, peak as a share of what it holds", "percentunit",
               "Short peaks below 100 % are bursts: a larger backlog helps. A plateau is an "
               "application that is too slow: a larger backlog does not help.",
               [query('instance_listener_queue:connwatch_listener_queue_peak:ratio'
                      '{LISTENER,queue="accept"}', "{{listener}}")],
               width=12, lines=thresholds((0.8, RED))),
    timeseries("Accept queue of the fullest socket, now", "percentunit",
               "Where several sockets share a port (SO_REUSEPORT), the kernel gives each connection "
               "to one of them, whatever room the others have. So the fullest one decides. Alerts "
               "watch this number.",
               [query("connwatch_listener_accept_queue_utilization_ratio{LISTENER}",
                      "{{listener}}")],
               width=12, lines=thresholds((0.8, RED))),
    timeseries("Fullest accept queue, times the mean of the others", "none",
               "Of listeners with several sockets (SO_REUSEPORT). Near 1 each process accepts as "
               "fast as the others. If it is above 3 for 30 s, ReuseportImbalance fires: one process "
               "hangs or has too much to do.",
               [query("connwatch_listener_accept_queue_imbalance_ratio{LISTENER}",
                      "{{listener}}")], width=12, lines=thresholds((3, AMBER))),
    timeseries("Sockets whose accept queue is full", "short",
               "If it is above 0 and below the number of the listener's sockets, one process of "
               "several has stopped accepting.",
               [query("connwatch_listener_full_sockets{LISTENER}", "{{listener}}")], width=12),
)

LOST = row(
    "Who is turned away?",
    timeseries("Drops by listener", "cps",
               "SYNs and final ACKs that the listener refused. Each makes a client "
               "wait for a second or more, and for twice as long the next time.",
               [query("rate(connwatch_listener_drops_total{LISTENER}[$__rate_interval])",
                      "{{listener}}")]),
    timeseries("Drops of the host, as the kernel counts them", "cps",
               "Overflows: the accept queue was full. All drops: the overflows and other drops, "
               "for example for lack of memory. SYN queue full: dropped because cookies are off. "
               "Segments: what the sockets of listeners dropped, most of it without harm, such as "
               "deferred ACKs, repeated SYNs and half-open probes.",
               [query("rate(connwatch_kernel_tcp_listen_overflows_total{HOST}[$__rate_interval])",
                      "overflows of accept queues"),
                query("rate(connwatch_kernel_tcp_listen_drops_total{HOST}[$__rate_interval])",
                      "all drops of listeners"),
                query("sum(rate(connwatch_listener_socket_drops_total{HOST}[$__rate_interval]))",
                      "segments, with those that harm nobody"),
                query("rate(connwatch_kernel_tcp_req_q_full_drop_total{HOST}[$__rate_interval])",
                      "SYN queue full"),
                query("rate(connwatch_kernel_tcp_req_q_full_do_cookies_total{HOST}"
                      "[$__rate_interval])",
                      "SYN queue full, cookie sent")]),
    timeseries("Deferred accepts", "cps",
               "ACKs without data that listeners with TCP_DEFER_ACCEPT received. They explain a "
               "long SYN queue that is no trouble.",
               [query("rate(connwatch_kernel_tcp_defer_accept_drop_total{HOST}[$__rate_interval])",
                      "ACKs without data")]),
)

ALERTS = row(
    "What has alerted?",
    state_timeline("Alerts of the daemon about listeners",
                   "A pending alert fires when its condition has held for the time that the rule "
                   "requires. If an alert is pending again and again, its value is near the "
                   "threshold: look at the queue above.",
                   [query(f"connwatch_alert_firing{OF_LISTENERS}", "{{alert}} {{subject}}")],
                   states={0: ("pending", AMBER), 1: ("firing", RED)}, width=12),
    timeseries("Value divided by threshold", "short",
               "1 means that the value is at the threshold. This shows how bad it is, also for "
               "alerts with different units.",
               [query(f"connwatch_alert_value{OF_LISTENERS} "
                      "/ (connwatch_alert_threshold{HOST} > 0)", "{{alert}} {{subject}}")],
               width=12, lines=thresholds((1, RED))),
)

NAMESPACES = row(
    "What happens in the other network namespaces?",
    table("Network namespaces",
          "The containers of the host, and other network namespaces, each as a whole. The daemon's "
          "own namespace is not in it. The daemon's page lists the listeners of each. Without data, "
          "the daemon does not see other namespaces: its page says why.",
          [rows_of('sum by (netns) (connwatch_netns_tcp_sockets{HOST,state="established"})'),
           rows_of('sum by (netns) (connwatch_netns_tcp_sockets{HOST,state="syn_recv"})'),
           rows_of("max by (netns) (connwatch_netns_accept_queue_length{HOST})"),
           rows_of("max by (netns) (connwatch_netns_accept_queue_utilization_ratio{HOST})"),
           rows_of("sum by (netns) (rate(connwatch_netns_listener_drops_total{HOST}[5m]))"),
           rows_of("max by (netns, unit) (connwatch_netns_info{HOST})")],
          {"netns": ("Namespace", None), "unit": ("Owner", None),
           "Value #A": ("Established", "short"), "Value #B": ("SYN-RECV", "short"),
           "Value #C": ("Accept queues", "short"),
           "Value #D": ("Fullest accept queue", "percentunit"), "Value #E": ("Drops", "cps")},
          hidden=("Value #F",), sort="Fullest accept queue",
          overrides=[column_style("Fullest accept queue", FULL),
                     column_style("Drops", thresholds((0.1, AMBER), (1, RED)))]),
    timeseries("Listeners in trouble by namespace and cause", "short",
               "How many listeners of the namespace have this cause. deferred_accept is no "
               "trouble.",
               [query("connwatch_netns_listener_diagnosis{HOST} > 0", "{{netns}} {{cause}}")]),
    timeseries("Fullest accept queue of each namespace, peak", "percentunit",
               "At 100 % a socket was full and turned clients away. Above 80 % for 10 s, "
               "AcceptQueueNearlyFull fires.",
               [query("connwatch_netns_accept_queue_peak_utilization_ratio{HOST}", "{{netns}}")],
               lines=thresholds((0.8, RED))),
    timeseries("Longest SYN queue of each namespace, peak", "short",
               "Handshakes without a final ACK, of the listener that had most of them within the "
               "peak window. A straight climb is a flood or a path that loses packets.",
               [query("connwatch_netns_syn_queue_peak{HOST}", "{{netns}}")]),
    timeseries("Traffic of each namespace", "Bps",
               "Payload, both directions of opening together. It is too low where connections are "
               "shorter than the interval of full polls, because nobody tells the daemon of their "
               "end.",
               [query("sum by (netns) (rate(connwatch_netns_tcp_bytes_sent_total{HOST}"
                      "[$__rate_interval]))", "{{netns}} sent"),
                query("sum by (netns) (rate(connwatch_netns_tcp_bytes_received_total{HOST}"
                      "[$__rate_interval]))", "{{netns}} received")]),
    timeseries("Retransmissions of each namespace", "cps",
               "Segments sent again. It is too low in the same way as the traffic.",
               [query("sum by (netns) (rate(connwatch_netns_tcp_segments_retransmitted_total{HOST}"
                      "[$__rate_interval]))", "{{netns}}")]),
    timeseries("Mean round-trip time of each namespace", "s",
               "Over the connections that are established and active.",
               [query("rate(connwatch_netns_tcp_rtt_seconds_sum{HOST}[$__rate_interval]) "
                      "/ rate(connwatch_netns_tcp_rtt_seconds_count{HOST}[$__rate_interval])",
                      "{{netns}}")], log=True),
    timeseries("Connects without an answer", "short",
               "Outbound handshakes whose SYN was sent again. If the number stays above 0, suspect "
               "a packet filter, a route or a dead peer.",
               [query("connwatch_netns_syn_sent_retransmitting{HOST}", "{{netns}}")], width=12),
    timeseries("Age of the oldest pending connect", "s",
               "A connect that waits for more than a second had to repeat its SYN.",
               [query("connwatch_netns_syn_sent_oldest_age_seconds{HOST}", "{{netns}}")], width=12),
)

DASHBOARD = dashboard(
    "listeners", "connwatch / Listeners and SYN queues",
    "Every listener's queues and their limits, what is dropped, and the diagnosis. The marks are "
    "alerts about these listeners, the host and its other network namespaces.",
    [*host_variables(),
     variable("listener", "Listener", "Local address and port.",
              "label_values(connwatch_listener_sockets{HOST}, listener)", several=True)],
    [NOW, SYN_QUEUE, ACCEPT_QUEUE, LOST, ALERTS, NAMESPACES],
    annotations=firing_alerts(*SUBJECTS),
    links=[to_daemon()])
