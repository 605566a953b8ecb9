"""Connection quality: round trips, loss, throughput, and what holds up the sender."""
from panels import (AMBER, RED, bars, dashboard, firing_alerts, heatmap, host_variables,
                    incomplete_totals, now, query, row, rows_of, stat, table, thresholds,
                    timeseries, to_daemon, variable)

# Subjects of alerts: the groups chosen and the host. No listeners, which .* would match as well.
SUBJECTS = ('=~"$group|host"', '!~".*:[0-9]+"')


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
         "Half of the open and active connections are faster than this. Compare it with the "
         "round-trip time that you expect of the network between the host and its peers.",
         [now(quantile(0.5, "connwatch_tcp_rtt_seconds"))], width=6),
    stat("Round-trip time, 99th percentile", "s",
         "1 % of the connections are slower than this. If it is far above the median, some paths "
         "or peers are congested.",
         [now(quantile(0.99, "connwatch_tcp_rtt_seconds"))], width=6),
    stat("Retransmitted", "percentunit",
         "The share of sent segments that are retransmissions. Below 1 % is a good network. Above "
         "5 % throughput falls to a fraction.",
         [now("sum(rate(connwatch_tcp_segments_retransmitted_total{GROUP}[$__rate_interval])) "
              "/ sum(rate(connwatch_tcp_segments_sent_total{GROUP}[$__rate_interval]))")],
         width=6, steps=thresholds((0.01, AMBER), (0.05, RED))),
    stat("Established", "short",
         "Established connections of the chosen groups. All panels below are about these groups.",
         [now('sum(connwatch_tcp_group_sockets{GROUP,state="established"})')], width=6),
)

RTT = row(
    "How long are the round trips?",
    heatmap("Round-trip times of open connections", "s",
            "Each column is one moment. Each cell shows how many of the open and active "
            "connections had this round-trip time. One band is one network. A second band is "
            "another path, or delayed ACKs at 40 ms. A band that moves up is a queue that fills on "
            "the way.",
            "sum by (le) (increase(connwatch_tcp_rtt_seconds_bucket{GROUP}[$__rate_interval]))"),
    timeseries("Median by group", "s",
               "If one group steps up, look at its path or its peers. If all groups do, look at "
               "this host or its uplink.",
               [query(quantile(0.5, "connwatch_tcp_rtt_seconds", "le, group"), "{{group}}")],
               log=True),
    timeseries("99th percentile by group", "s",
               "The round-trip time that the slowest 1 % of each group's connections exceed.",
               [query(quantile(0.99, "connwatch_tcp_rtt_seconds", "le, group"), "{{group}}")],
               log=True),
    timeseries("At the end of each connection, 90th percentile", "s",
               "Counts each connection once, however short it was. The heat map cannot show this, "
               "because it sees only open connections. The distance between the two lines is time "
               "spent in queues on the way.",
               [query(quantile(0.9, "connwatch_tcp_closed_rtt_seconds"), "at the end"),
                query(quantile(0.9, "connwatch_tcp_closed_min_rtt_seconds"), "smallest")],
               log=True),
)

LOSS = row(
    "What gets lost?",
    timeseries("Retransmission ratio by group", "percentunit",
               "Up to 1 % is a good network, up to 3 % a mobile one. If one group stands out, look "
               "at its path. If all do, look at this host's link.",
               [query(f"{rate('connwatch_tcp_segments_retransmitted_total')} "
                      f"/ ({rate('connwatch_tcp_segments_sent_total')} > 0)", "{{group}}")],
               lines=thresholds((0.05, RED))),
    timeseries("Segments sent again", "pps",
               "Retransmissions per second. A high ratio of very few segments is no trouble.",
               [query(rate("connwatch_tcp_segments_retransmitted_total"), "{{group}}")]),
    timeseries("Time-outs and drops of the host", "cps",
               "Time-outs hurt most: the sender stops until the retransmission timer expires. "
               "Drops: segments that this host threw away because a socket's backlog or receive "
               "queue was full, or because they arrived damaged.",
               [query("rate(connwatch_kernel_tcp_timeouts_total{HOST}[$__rate_interval])",
                      "time-outs"),
                query("rate(connwatch_kernel_tcp_backlog_drop_total{HOST}[$__rate_interval])",
                      "dropped, backlog"),
                query("rate(connwatch_kernel_tcp_rcv_q_drop_total{HOST}[$__rate_interval])",
                      "dropped, receive queue"),
                query("rate(connwatch_kernel_tcp_in_errs_total{HOST}[$__rate_interval])",
                      "dropped, damaged")]),
)

DEAD_PATHS = row(
    "Is a path or a peer dead?",
    timeseries("Connections without an ACK", "short",
               "Connections with data that was sent again at least twice and that the peer has not "
               "acknowledged. Outbound: more than 2 for 30 s raise ConnectionsStalled. Look for a "
               "NAT or a firewall that forgot them, or a host that is down. Inbound: clients that "
               "vanished; a public server always has some.",
               [query("sum by (group, direction) (connwatch_tcp_retransmitting_sockets{GROUP})",
                      "{{group}} {{direction}}")], width=12, lines=thresholds((2, AMBER))),
    timeseries("The longest time without an ACK", "s",
               "How long ago the oldest of this data was first sent. A line that climbs straight is "
               "a connection that nobody answers. It ends after tcp_retries2, 15 minutes by "
               "default, unless the application gives up.",
               [query("max by (group, direction) "
                      "(connwatch_tcp_retransmitting_oldest_age_seconds{GROUP})",
                      "{{group}} {{direction}}")], width=12),
)

TRAFFIC = row(
    "How much is moved?",
    timeseries("Payload sent", "Bps",
               "Payload that the peers acknowledged, without retransmissions. When it falls, look "
               "at the rows above and below for the reason.",
               [query(rate("connwatch_tcp_bytes_sent_total"), "{{group}}")], width=6),
    timeseries("Payload received", "Bps", "Payload that arrived in order, without duplicates.",
               [query(rate("connwatch_tcp_bytes_received_total"), "{{group}}")], width=6),
    timeseries("Segments sent", "pps",
               "Many segments with little payload mean small writes, or a receiver that sends "
               "ACKs.",
               [query(rate("connwatch_tcp_segments_sent_total"), "{{group}}")], width=6),
    timeseries("Connections closed", "cps",
               "Connections that end per second. If the rate is near the rate of requests, each "
               "request makes a new connection and pays for a handshake. Where marked, most short "
               "connections are missing, here and in the panels beside.",
               [query(rate("connwatch_tcp_connections_closed_total"), "{{group}}")], width=6),
)

SENDER = row(
    "What limits the sender?",
    timeseries("What limits the time with data to send", "percentunit",
               "Receive window: the peer does not read fast enough. Send buffer: SO_SNDBUF or "
               "tcp_wmem is too small for the path. Path: in the remaining time the network or "
               "congestion control sets the pace. An empty panel means that the application has "
               "nothing to send.",
               [query(limited("connwatch_tcp_rwnd_limited_seconds_total"), "receive window"),
                query(limited("connwatch_tcp_sndbuf_limited_seconds_total"), "send buffer"),
                query(f"1 - {limited('connwatch_tcp_rwnd_limited_seconds_total')} "
                      f"- {limited('connwatch_tcp_sndbuf_limited_seconds_total')}", "path")],
               width=10, stack=True, most=1),
    timeseries("Connections that have data to send", "short",
               "How many connections have data to send at the same time, on average. Near 0 the "
               "applications send little, and the panel beside says little.",
               [query(rate("connwatch_tcp_busy_seconds_total"), "{{group}}")], width=7),
    bars("Limited by the receiver or the send buffer", "percentunit",
         "The share of each group's time with data to send in which the receive window or the send "
         "buffer limited it, in the last 5 minutes. Look at the first group first.",
         [now("sort_desc(sum by (group, limit) (instance_group_limit:"
              'connwatch_tcp_busy_limited:ratio_rate5m{HOST,group=~"$group"}))',
              "{{group}} {{limit}}")],
         width=7, steps=thresholds((0.2, AMBER), (0.5, RED)), most=1),
)

QUEUES = row(
    "Do the applications keep up?",
    timeseries("Receive queues, sum by group", "bytes",
               "Bytes that have arrived and that the applications have not read. A healthy "
               "application is near 0. A plateau is an application that is stuck.",
               [query("sum by (group) (connwatch_tcp_receive_queue_bytes{GROUP})", "{{group}}")],
               width=6),
    timeseries("Receive queue, largest of a socket", "bytes",
               "The largest receive queue of a single socket. Near tcp_rmem the window closes, and "
               "the peer has to stop.",
               [query("max by (group) (connwatch_tcp_receive_queue_bytes_max{GROUP})",
                      "{{group}}")],
               width=6),
    timeseries("Send queues, sum by group", "bytes",
               "Bytes that the peers have not acknowledged. The sum grows with the path's delay. "
               "If it climbs without more throughput, a peer does not read.",
               [query("sum by (group) (connwatch_tcp_send_queue_bytes{GROUP})", "{{group}}")],
               width=6),
    timeseries("Send queue, largest of a socket", "bytes",
               "The largest send queue of a single socket. At tcp_wmem the application's write() "
               "blocks.",
               [query("max by (group) (connwatch_tcp_send_queue_bytes_max{GROUP})", "{{group}}")],
               width=6),
    table("Connections by group and state",
          "CLOSE-WAIT: the peer has closed and the application has not. More than a few are "
          "forgotten descriptors. FIN-WAIT: this host has closed and the peer has not.",
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
    "connections. The marks are alerts about these groups or the host, and times when totals were "
    "too low.",
    [*host_variables(),
     variable("direction", "Direction", "inbound: the other side opened the connection.",
              "label_values(connwatch_tcp_group_sockets{HOST}, direction)", several=True),
     variable("group", "Group", "A group of the configuration, or a port.",
              "label_values(connwatch_tcp_group_sockets{HOST}, group)", several=True)],
    [NOW, RTT, LOSS, DEAD_PATHS, TRAFFIC, SENDER, QUEUES],
    annotations=[*firing_alerts(*SUBJECTS), incomplete_totals()], links=[to_daemon()])
