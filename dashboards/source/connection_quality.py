"""Connection quality: round trips, loss, throughput, and what holds up the sender."""
from panels import (AMBER, RED, bars, dashboard, heatmap, host_variables, now, query, row, rows_of,
                    stat, table, thresholds, timeseries, to_daemon, variable)


def rate(metric):
    return f"sum by (group) (rate({metric}{{GROUP}}[$__rate_interval]))"


def quantile(share, histogram, by="le"):
    return (f"histogram_quantile({share}, sum by ({by}) "
            f"(rate({histogram}_bucket{{GROUP}}[$__rate_interval])))")


def limited(metric):
    """Of the time with data to send, over all groups chosen."""
    return (f"sum(rate({metric}{{GROUP}}[$__rate_interval])) "
            "/ (sum(rate(connwatch_tcp_busy_seconds_total{GROUP}[$__rate_interval])) > 0)")


NOW = row(
    "How are the connections now?",
    stat("Round-trip time, median", "s",
         "Half of the open and active connections are faster. Compare it with what the network "
         "between you and the peers can do.",
         [now(quantile(0.5, "connwatch_tcp_rtt_seconds"))], width=6),
    stat("Round-trip time, 99th percentile", "s",
         "The slowest hundredth. Far above the median, some paths or peers are congested.",
         [now(quantile(0.99, "connwatch_tcp_rtt_seconds"))], width=6),
    stat("Retransmitted", "percentunit",
         "Of the segments sent, those sent again. Below 1 % is a good network; above 5 % "
         "throughput falls to a fraction.",
         [now("sum(rate(connwatch_tcp_segments_retransmitted_total{GROUP}[$__rate_interval])) "
              "/ sum(rate(connwatch_tcp_segments_sent_total{GROUP}[$__rate_interval]))")],
         width=6, steps=thresholds((0.01, AMBER), (0.05, RED))),
    stat("Established", "short",
         "Connections of the groups chosen. It says what the rest is about.",
         [now('sum(connwatch_tcp_group_sockets{GROUP,state="established"})')], width=6),
)

RTT = row(
    "How long are the round trips?",
    heatmap("Round-trip times of open connections", "s",
            "Each column is one moment, each cell how many of the open and active connections had "
            "that round-trip time. One band is one network; a second band is another path, or "
            "delayed ACKs at 40 ms; a band that drifts up is a queue that fills on the way.",
            "sum by (le) (increase(connwatch_tcp_rtt_seconds_bucket{GROUP}[$__rate_interval]))"),
    timeseries("Median by group", "s",
               "A step of one group is its path or its peers; of all groups, this host or its "
               "uplink.",
               [query(quantile(0.5, "connwatch_tcp_rtt_seconds", "le, group"), "{{group}}")],
               log=True),
    timeseries("99th percentile by group", "s",
               "What the unlucky users of each group feel.",
               [query(quantile(0.99, "connwatch_tcp_rtt_seconds", "le, group"), "{{group}}")],
               log=True),
    timeseries("At the end of each connection, 90th percentile", "s",
               "Each connection once, however short: what the heat map, which sees open ones, "
               "cannot show. The distance from the smallest to the last is time spent in queues on "
               "the way.",
               [query(quantile(0.9, "connwatch_tcp_closed_rtt_seconds"), "at the end"),
                query(quantile(0.9, "connwatch_tcp_closed_min_rtt_seconds"), "smallest")],
               log=True),
)

LOSS = row(
    "What gets lost?",
    timeseries("Retransmission ratio by group", "percentunit",
               "Up to 1 % is a good network, up to 3 % a mobile one. One group alone is its path; "
               "all of them, this host's link.",
               [query(f"{rate('connwatch_tcp_segments_retransmitted_total')} "
                      f"/ ({rate('connwatch_tcp_segments_sent_total')} > 0)", "{{group}}")],
               lines=thresholds((0.05, RED))),
    timeseries("Segments sent again", "pps",
               "The same as a rate: a high ratio of very few segments is no trouble.",
               [query(rate("connwatch_tcp_segments_retransmitted_total"), "{{group}}")]),
    timeseries("Of the host: time-outs and drops", "cps",
               "Time-outs are the expensive kind of loss: the sender stood still until a timer ran "
               "out. Drops: segments thrown away here because the backlog or the receive queue was "
               "full, or because they came damaged.",
               [query("rate(connwatch_kernel_tcp_timeouts_total{HOST}[$__rate_interval])",
                      "time-outs"),
                query("rate(connwatch_kernel_tcp_backlog_drop_total{HOST}[$__rate_interval])",
                      "dropped, backlog"),
                query("rate(connwatch_kernel_tcp_rcv_q_drop_total{HOST}[$__rate_interval])",
                      "dropped, receive queue"),
                query("rate(connwatch_kernel_tcp_in_errs_total{HOST}[$__rate_interval])",
                      "dropped, damaged")]),
)

TRAFFIC = row(
    "How much is moved?",
    timeseries("Payload sent", "Bps",
               "Acknowledged by the peers; retransmissions do not count. Compare its falls with "
               "the rows above and below.",
               [query(rate("connwatch_tcp_bytes_sent_total"), "{{group}}")], width=6),
    timeseries("Payload received", "Bps", "In order; duplicates do not count.",
               [query(rate("connwatch_tcp_bytes_received_total"), "{{group}}")], width=6),
    timeseries("Segments sent", "pps",
               "Many segments and little payload is chatter: small writes, or ACKs of a receiver.",
               [query(rate("connwatch_tcp_segments_sent_total"), "{{group}}")], width=6),
    timeseries("Connections closed", "cps",
               "How short-lived the connections of a group are. A rate near that of the requests "
               "means that none is used twice: a handshake is paid for each.",
               [query(rate("connwatch_tcp_connections_closed_total"), "{{group}}")], width=6),
)

SENDER = row(
    "What limits the sender?",
    timeseries("Of the time with data to send", "percentunit",
               "Receive window: the peer does not read fast enough. Send buffer: SO_SNDBUF or "
               "tcp_wmem is too small for the path. Path: the rest, the network or its congestion "
               "control sets the pace. Nothing here: the application has nothing more to send.",
               [query(limited("connwatch_tcp_rwnd_limited_seconds_total"), "receive window"),
                query(limited("connwatch_tcp_sndbuf_limited_seconds_total"), "send buffer"),
                query(f"1 - {limited('connwatch_tcp_rwnd_limited_seconds_total')} "
                      f"- {limited('connwatch_tcp_sndbuf_limited_seconds_total')}", "path")],
               width=10, stack=True, most=1),
    timeseries("Connections that have data to send, at a time", "short",
               "Time with data to send, per second: how many connections send at once, on average. "
               "At 0 the applications limit themselves, and the panel beside says little.",
               [query(rate("connwatch_tcp_busy_seconds_total"), "{{group}}")], width=7),
    bars("Held up by the receiver or the send buffer", "percentunit",
         "Groups by the share of their sending time that something other than the path held them "
         "up, in the last 5 minutes. The first is the one to look at.",
         [now("sort_desc(sum by (group, limit) (instance_group_limit:"
              'connwatch_tcp_busy_limited:ratio_rate5m{HOST,group=~"$group"}))',
              "{{group}} {{limit}}")],
         width=7, steps=thresholds((0.2, AMBER), (0.5, RED)), most=1),
)

QUEUES = row(
    "Do the applications keep up?",
    timeseries("Receive queues, all of a group", "bytes",
               "Bytes that have arrived and are not read. A healthy application is near 0; a "
               "plateau is one that is stuck.",
               [query("sum by (group) (connwatch_tcp_receive_queue_bytes{GROUP})", "{{group}}")],
               width=6),
    timeseries("The fullest receive queue", "bytes",
               "Of one socket. Near tcp_rmem the window closes, and the peer has to stop.",
               [query("max by (group) (connwatch_tcp_receive_queue_bytes_max{GROUP})",
                      "{{group}}")],
               width=6),
    timeseries("Send queues, all of a group", "bytes",
               "Bytes that the peers have not acknowledged. It grows with the path's delay; a "
               "climb without more throughput is a peer that does not read.",
               [query("sum by (group) (connwatch_tcp_send_queue_bytes{GROUP})", "{{group}}")],
               width=6),
    timeseries("The fullest send queue", "bytes",
               "Of one socket. At tcp_wmem the application's write() blocks.",
               [query("max by (group) (connwatch_tcp_send_queue_bytes_max{GROUP})", "{{group}}")],
               width=6),
    table("Connections by group and state",
          "CLOSE-WAIT: the peer has closed and the application has not; more than a few are "
          "forgotten descriptors. FIN-WAIT: peers that do not close.",
          [rows_of('sum by (group) (connwatch_tcp_group_sockets{GROUP,state="established"})'),
           rows_of('sum by (group) (connwatch_tcp_group_sockets{GROUP,state="close_wait"})'),
           rows_of("sum by (group) "
                   '(connwatch_tcp_group_sockets{GROUP,state=~"fin_wait.|closing"})'),
           rows_of('sum by (group) (connwatch_tcp_group_sockets{GROUP,state="last_ack"})'),
           rows_of('sum by (group) (connwatch_tcp_group_sockets{GROUP,state="time_wait"})')],
          {"group": ("Group", None), "Value #A": ("Established", "short"),
           "Value #B": ("CLOSE-WAIT", "short"), "Value #C": ("FIN-WAIT, CLOSING", "short"),
           "Value #D": ("LAST-ACK", "short"), "Value #E": ("TIME-WAIT", "short")},
          sort="Established"),
)

DASHBOARD = dashboard(
    "quality", "connwatch / Connection quality",
    "Round-trip times, retransmissions, throughput and what limits the sender, by group of "
    "connections.",
    [*host_variables(),
     variable("direction", "Direction", "inbound: the local port is listened on.",
              "label_values(connwatch_tcp_group_sockets{HOST}, direction)", several=True),
     variable("group", "Group", "A group of the configuration, or a port.",
              "label_values(connwatch_tcp_group_sockets{HOST}, group)", several=True)],
    [NOW, RTT, LOSS, TRAFFIC, SENDER, QUEUES], links=[to_daemon()])
