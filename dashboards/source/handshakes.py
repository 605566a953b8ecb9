"""Handshakes: how connects end, how long they take, and what is repeated."""
from panels import (AMBER, GREEN, RED, column_style, dashboard, firing_alerts, heatmap,
                    host_variables, now, query, row, rows_of, stat, state_timeline, table,
                    thresholds, timeseries, to_daemon, value_mapping, variable)

# An application that gives up may have its reasons, so that is no failure.
FAILED = 'outcome!~"ok|abandoned"'
RATIO = "instance_group_outcome:connwatch_handshakes:ratio_rate5m"
LATENCY = "instance_direction_group:connwatch_handshake_duration_seconds"
DESTINATIONS = {**to_daemon(), "title": "The destinations one by one",
                "url": "http://${instance}/api/v1/handshakes"}
MANY = thresholds((0.05, AMBER), (0.2, RED))
# Subjects of alerts: the groups chosen, the host, and every listener, also those in other network
# namespaces, because their full queues are why handshakes of clients do not complete.
SUBJECTS = ('=~"$group|host|.*:[0-9]+"',)
KEYS = 16384  # that there is room for; see docs/handshakes.md


def rate(metric, matchers, by=""):
    """Summed over everything but the labels `by`."""
    return f"sum {by and f'by ({by}) '}(rate({metric}{{{matchers}}}[$__rate_interval]))"


def handshakes(matchers, by=""):
    return rate("connwatch_handshakes_total", matchers, by)


def repeated(matchers, by=""):
    return rate("connwatch_handshake_syn_retransmissions_total", matchers, by)


def of_all(part, by=""):
    """`part` as a share of all connects."""
    return f"{part} / ({handshakes('OUTBOUND', by)} > 0)"


def quantile(share):
    return (f"histogram_quantile({share}, "
            f"{rate('connwatch_handshake_duration_seconds_bucket', 'OUTBOUND', 'le')})")


def ratio(outcomes):
    """Rows of a table: the share of each group's connects that had one of these outcomes."""
    return rows_of(f'sum by (group) ({RATIO}{{HOST,group=~"$group",outcome=~"{outcomes}"}})')


def of_namespaces(direction, outcomes):
    """0 where the namespace has no such series, because such a handshake has never ended in it."""
    return rows_of('sum by (netns) (rate(connwatch_netns_handshakes_total{HOST,'
                   f'direction="{direction}",outcome=~"{outcomes}"}}[5m])) '
                   'or 0 * sum by (netns) (connwatch_netns_handshakes_total{HOST})')


NOW = row(
    "How do connects end now?",
    stat("Connects", "cps",
         "Connects of this host that have ended, per second, however they ended. All panels on "
         "connects are about the chosen groups. Empty panels: the daemon does not trace "
         "handshakes, and its page says why.",
         [now(handshakes("OUTBOUND"))]),
    stat("Failed", "percentunit",
         "The share of connects that failed. Those that the application gave up are not among "
         "them: they are in the panel beside.",
         [now(of_all(handshakes(f"OUTBOUND,{FAILED}")))],
         steps=thresholds((0.01, AMBER), (0.1, RED)), links=[DESTINATIONS]),
    stat("Given up by the application", "percentunit",
         "The share of connects whose application closed the socket before there was an answer. If "
         "SYNs are sent again as well, these are time-outs: the application had less patience than "
         "the kernel.",
         [now(of_all(handshakes('OUTBOUND,outcome="abandoned"')))],
         steps=thresholds((0.05, AMBER)), links=[DESTINATIONS]),
    stat("SYNs sent again, for each connect", "short",
         "0 is a good network. Each SYN that is sent again makes a connect a second or more "
         "slower.",
         [now(of_all(repeated("OUTBOUND")))], steps=thresholds((0.01, AMBER), (0.1, RED))),
    stat("Latency, median", "s",
         "From the SYN to the SYN-ACK: one round trip to the peer's kernel. The application there "
         "has no part in it.",
         [now(quantile(0.5))]),
    stat("Latency, 99th percentile", "s",
         "1 % of the connects take longer. Just above 1 s it means that more than 1 % of the first "
         "SYNs are lost.",
         [now(quantile(0.99))], steps=thresholds((1, AMBER))),
)

OUTCOMES = row(
    "What do connects die of?",
    timeseries("Connects that did not succeed, by outcome", "cps",
               "refused: nobody listens there. timed_out: nothing came back. unreachable: an ICMP "
               "error, or no neighbour. no_route: the routing table has no way there. no_port: no "
               "local port was free. abandoned: the application gave up. docs/handshakes.md says "
               "where to look next.",
               [query(handshakes('OUTBOUND,outcome!="ok"', "outcome"), "{{outcome}}")],
               stack=True, links=[DESTINATIONS]),
    timeseries("The same by group and outcome", "cps",
               "A group is the port of the destination unless the configuration says otherwise. "
               "The destinations themselves are on the daemon's page and never in a label.",
               [query(handshakes('OUTBOUND,outcome!="ok"', "group, outcome") + " > 0",
                      "{{group}} {{outcome}}")], links=[DESTINATIONS]),
    timeseries("Connects by group", "cps",
               "How many connects of each group have ended, however they ended. A high share of "
               "failures among very few connects is no trouble.",
               [query(handshakes("OUTBOUND", "group") + " > 0", "{{group}}")]),
    timeseries("Share of failures by group", "percentunit",
               "Of the connects of the last 5 minutes. If one group fails, look at its "
               "destinations. If all do, look at this host: its route, its firewall, its link.",
               [query(f'sum by (group) ({RATIO}{{HOST,group=~"$group",outcome!="abandoned"}})',
                      "{{group}}")], most=1, width=12),
    state_timeline("Alerts of the daemon about connects",
                   "Whose connects fail, wait, or have become slow. The daemon's page has the "
                   "destinations as evidence.",
                   [query('connwatch_alert_firing{HOST,'
                          'alert=~"Connect.*|Handshake.*|SynRetransmissions.*"}',
                          "{{alert}} {{subject}}")],
                   states={0: ("pending", AMBER), 1: ("firing", RED)}, width=12),
    table("Groups and how their connects end",
          "Shares of the connects of the last 5 minutes. The rest to 100 % succeeded.",
          [rows_of('sum by (group) (rate(connwatch_handshakes_total{OUTBOUND}[5m])) > 0'),
           ratio("refused"), ratio("timed_out"), ratio("unreachable|no_route"), ratio("no_port"),
           ratio("abandoned"), ratio("reset|other"),
           rows_of(f'max by (group) ({LATENCY}:p99_rate5m{{OUTBOUND}})')],
          {"group": ("Group", None), "Value #A": ("Connects", "cps"),
           "Value #B": ("Refused", "percentunit"), "Value #C": ("Timed out", "percentunit"),
           "Value #D": ("Unreachable or no route", "percentunit"),
           "Value #E": ("No port", "percentunit"), "Value #F": ("Abandoned", "percentunit"),
           "Value #G": ("Reset, other", "percentunit"),
           "Value #H": ("Latency, 99th percentile", "s")},
          sort="Connects",
          overrides=[column_style(heading, MANY) for heading in
                     ("Refused", "Timed out", "Unreachable or no route", "No port", "Abandoned",
                      "Reset, other")]),
)

LATENCIES = row(
    "How long do connects take?",
    heatmap("Latency of connects", "s",
            "Each column is one moment. Each cell shows how many connects took this long. One band "
            "is one network. A band at 1 s, 2 s or 3 s is connects whose SYN or SYN-ACK was lost. "
            "A band that moves up is a path that has become longer, or a queue that fills on the "
            "way.",
            "sum by (le) (increase("
            "connwatch_handshake_duration_seconds_bucket{OUTBOUND}[$__rate_interval]))"),
    timeseries("Median of connects by group", "s",
               "From the SYN to the SYN-ACK, over 5 minutes. If one group steps up, look at its "
               "path or its peers. If all groups do, look at this host or its uplink.",
               [query(f"{LATENCY}:p50_rate5m{{OUTBOUND}}", "{{group}}")], width=12, log=True),
    timeseries("99th percentile of connects by group", "s",
               "The latency that the slowest 1 % of each group's connects exceed. A plateau at 1 s "
               "is lost SYNs and not a slow network.",
               [query(f"{LATENCY}:p99_rate5m{{OUTBOUND}}", "{{group}}")], width=12, log=True),
)

REPEATED = row(
    "Are SYNs lost?",
    timeseries("SYNs sent again by group", "pps",
               "They count when the connect ends. A SYN is sent again after 1 s: it or the SYN-ACK "
               "was lost, a firewall dropped it, or the peer's queues are full.",
               [query(repeated("OUTBOUND", "group"), "{{group}}")]),
    timeseries("SYNs sent again, for each connect by group", "short",
               "Below 0.01 is a good network. Above 1 most connects get no answer. This is the "
               "earliest sign of a path that loses packets, because connects still succeed.",
               [query(of_all(repeated("OUTBOUND", "group"), "group"), "{{group}}")]),
    timeseries("SYNs and SYN-ACKs sent again on this host", "pps",
               "The kernel counts when it sends, and with the SYN-ACKs of handshakes that never "
               "complete. If its line is far above the others, look at the SYN queues of the "
               "listeners.",
               [query("rate(connwatch_kernel_tcp_syn_retrans_total{HOST}[$__rate_interval])",
                      "all, as the kernel counts"),
                query(rate("connwatch_handshake_syn_retransmissions_total",
                           'HOST,direction="outbound"'), "SYNs of connects"),
                query(rate("connwatch_handshake_syn_retransmissions_total",
                           'HOST,direction="inbound"'), "SYN-ACKs of completed handshakes")]),
)

INBOUND = row(
    "How do the handshakes of clients fare?",
    timeseries("Handshakes completed by group", "cps",
               "Clients that completed their handshake. Those that do not complete are not seen "
               "here: look at the dashboard of the listeners.",
               [query(handshakes("INBOUND", "group") + " > 0", "{{group}}")], width=6),
    timeseries("SYN-ACKs sent again by group", "pps",
               "Of the handshakes that completed. The SYN-ACK or the client's ACK was lost, or the "
               "accept queue was full.",
               [query(repeated("INBOUND", "group"), "{{group}}")], width=6),
    timeseries("Median from SYN-ACK to ACK by group", "s",
               "One round trip to the client, measured by the kernel. Handshakes with a SYN cookie "
               "or a repeated SYN-ACK are not measured.",
               [query(f"{LATENCY}:p50_rate5m{{INBOUND}}", "{{group}}")], width=6, log=True),
    timeseries("99th percentile from SYN-ACK to ACK by group", "s",
               "The farthest and the slowest clients. If it steps up and the median does not, some "
               "clients have a worse path.",
               [query(f"{LATENCY}:p99_rate5m{{INBOUND}}", "{{group}}")], width=6, log=True),
)

NAMESPACES = row(
    "How do the connects of the other network namespaces end?",
    table("Network namespaces and how their connects end",
          "Handshakes per second of the last 5 minutes, of containers and other network "
          "namespaces. Without data, the daemon does not see other namespaces, or does not trace: "
          "its page says why.",
          [of_namespaces("outbound", "ok"), of_namespaces("outbound", "refused"),
           of_namespaces("outbound", "timed_out"),
           of_namespaces("outbound", "unreachable|no_route"),
           of_namespaces("outbound", "no_port|reset|other"), of_namespaces("outbound", "abandoned"),
           of_namespaces("inbound", "ok")],
          {"netns": ("Namespace", None), "Value #A": ("Succeeded", "cps"),
           "Value #B": ("Refused", "cps"), "Value #C": ("Timed out", "cps"),
           "Value #D": ("Unreachable or no route", "cps"),
           "Value #E": ("No port, reset, other", "cps"), "Value #F": ("Abandoned", "cps"),
           "Value #G": ("Inbound, completed", "cps")}, sort="Refused"),
    timeseries("Connects that failed by namespace and outcome", "cps",
               "If one container has them, look at its configuration and its network policy. If "
               "all have them, look at the host's route and firewall. The ten with most.",
               [query("topk(10, sum by (netns, outcome) (rate("
                      f'connwatch_netns_handshakes_total{{HOST,direction="outbound",{FAILED}}}[$__rate_interval])) '
                      "or 0 * sum by (netns) (connwatch_netns_handshakes_total{HOST}))",
                      "{{netns}} {{outcome}}")], width=12),
    timeseries("Connects by namespace", "cps",
               "How many connects of a namespace have ended, however they ended. The ten with "
               "most.",
               [query('topk(10, sum by (netns) (rate(connwatch_netns_handshakes_total{HOST,'
                      'direction="outbound"}[$__rate_interval])))', "{{netns}}")], width=12),
)

TRUST = row(
    "Is every handshake seen, with all that belongs to it?",
    stat("Tracing", "none",
         "Off: the daemon lacks the privileges, the kernel is too old, or handshake_tracing is "
         "off. The daemon's page says which. Then only this panel has data.",
         [now("connwatch_handshake_tracing_in_use{HOST}")], height=8,
         mappings=[value_mapping({0: ("off", AMBER), 1: ("on", GREEN)})], links=[to_daemon()]),
    timeseries("Handshakes counted with less than usual", "cps",
               "Without address or port: too many different ones came within half a second. "
               "Without port they are in the group other. Without latency: too many connects were "
               "pending. All of them still count.",
               [query(rate("connwatch_handshake_tracing_handshakes_without_address_total", "HOST"),
                      "without address"),
                query(rate("connwatch_handshake_tracing_handshakes_without_port_total", "HOST"),
                      "without port"),
                query(rate("connwatch_handshake_tracing_handshakes_untimed_total", "HOST"),
                      "without latency")], width=7),
    timeseries("Different keys in half a second", "short",
               "Different combinations of addresses, ports, owner and outcome. Beyond the line "
               "addresses are left out.",
               [query("connwatch_handshake_tracing_keys{HOST}", "keys")], width=5, log=True,
               lines=thresholds((KEYS, RED))),
    stat("Ends of connections lost, 1 h", "short",
         "Connections whose end was not told, because there was no room for it. Above 0, the "
         "totals of bytes and segments are too low.",
         [now("increase(connwatch_handshake_tracing_ends_lost_total{HOST}[1h])")], height=8,
         steps=thresholds((1, AMBER))),
    stat("Readings that failed, 1 h", "short",
         "Times that the counts could not be read. Nothing is lost by that: they are read later.",
         [now("increase(connwatch_handshake_tracing_read_failures_total{HOST}[1h])")], height=8,
         steps=thresholds((1, AMBER))),
)

DASHBOARD = dashboard(
    "handshakes", "connwatch / Handshakes",
    "How connects end and what they die of, how long handshakes take, and which packets have to be "
    "repeated, by group of connections. The marks are alerts about these groups, the listeners and "
    "the host.",
    [*host_variables(),
     variable("group", "Group", "A group of the configuration, or a port.",
              "label_values(connwatch_tcp_group_sockets{HOST}, group)", several=True)],
    [NOW, OUTCOMES, LATENCIES, REPEATED, INBOUND, NAMESPACES, TRUST],
    annotations=firing_alerts(*SUBJECTS), links=[to_daemon()])
