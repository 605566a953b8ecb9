// Written by dashboards/source/mixin.py from connwatch.alerts.yml.
function(fill) {
  groups: [
    {
      name: 'connwatch',
      interval: '15s',
      rules: [
        {
          alert: 'SynRecvBacklogGrowth',
          expr: fill(|||
            (
              (
                connwatch_listener_syn_queue_length{<<selector>>listener!="other"} > 64
                and on (<<labels>>job, instance, listener) (
                  deriv(connwatch_listener_syn_queue_length{<<selector>>listener!="other"}[1m]) > 20
                  or connwatch_listener_diagnosis{<<selector>>cause=~"syn_flood|return_path_loss"} == 1)
                or (
                  connwatch_listener_syn_queue_length{<<selector>>listener!="other"} >= 32
                  and on (<<labels>>job, instance, listener) ALERTS{alertname="SynRecvBacklogGrowth",alertstate="firing"}))
              unless on (<<labels>>job, instance, listener) connwatch_listener_diagnosis{<<selector>>cause="deferred_accept"} == 1)
            * on (<<labels>>job, instance, listener) group_left (unit) connwatch_listener_info<<selectorAlone>>
            or (
              (
                sum without (state) (connwatch_netns_tcp_sockets{<<selector>>state="syn_recv",netns!="other"}) > 64
                and on (<<labels>>job, instance, netns) (
                  deriv((sum without (state) (connwatch_netns_tcp_sockets{<<selector>>state="syn_recv",netns!="other"}))[1m:15s]) > 20
                  or connwatch_netns_listener_diagnosis{<<selector>>cause=~"syn_flood|return_path_loss"} > 0)
                or (
                  sum without (state) (connwatch_netns_tcp_sockets{<<selector>>state="syn_recv",netns!="other"}) >= 32
                  and on (<<labels>>job, instance, netns) ALERTS{alertname="SynRecvBacklogGrowth",alertstate="firing"}))
              unless on (<<labels>>job, instance, netns) (
                connwatch_netns_listener_diagnosis{<<selector>>cause="deferred_accept"} > 0
                unless on (<<labels>>job, instance, netns) connwatch_netns_listener_diagnosis{<<selector>>cause=~"syn_flood|return_path_loss"} > 0))
          |||),
          'for': '15s',
          keep_firing_for: '90s',
          labels: { severity: 'critical' },
          annotations: {
            description: fill("Look where the SYNs come from. Many networks point to a flood, a single one to a broken way back to it. Cause: {{ if $labels.listener }}{{ with printf `connwatch_listener_diagnosis{<<selectorInPrintf>><<clusterInPrintf>>job=%q,instance=%q,listener=%q,cause!='deferred_accept'} > 0` <<clusterOfAlert>>$labels.job $labels.instance $labels.listener | query | sortByLabel `cause` }}{{ range $i, $found := . }}{{ if $i }}, {{ end }}{{ $found.Labels.cause }}{{ end }}{{ else }}not diagnosed{{ end }}{{ else }}{{ with printf `connwatch_netns_listener_diagnosis{<<selectorInPrintf>><<clusterInPrintf>>job=%q,instance=%q,netns=%q,cause!='deferred_accept'} > 0` <<clusterOfAlert>>$labels.job $labels.instance $labels.netns | query | sortByLabel `cause` }}{{ range $i, $found := . }}{{ if $i }}, {{ end }}{{ $found.Labels.cause }}{{ end }}{{ else }}not diagnosed{{ end }}{{ end }}."),
            runbook_url: 'http://{{ $labels.instance }}/runbook#SynRecvBacklogGrowth',
            summary: 'Handshakes with {{ or $labels.unit `the application` }} on {{ or $labels.listener $labels.netns }} do not complete: {{ printf `%.0f` $value }} wait for their final ACK',
          },
        },
        {
          alert: 'SynQueueNearlyFull',
          expr: fill(|||
            (
              (
                connwatch_listener_syn_queue_length{<<selector>>listener!="other"}
                / (connwatch_listener_accept_queue_limit{<<selector>>listener!="other"} >= 4) > 0.8
                or (
                  connwatch_listener_syn_queue_length{<<selector>>listener!="other"}
                  / (connwatch_listener_accept_queue_limit{<<selector>>listener!="other"} >= 4) >= 0.5
                  and on (<<labels>>job, instance, listener) ALERTS{alertname="SynQueueNearlyFull",alertstate="firing"}))
              unless on (<<labels>>job, instance, listener) connwatch_listener_diagnosis{<<selector>>cause="deferred_accept"} == 1)
            * on (<<labels>>job, instance, listener) group_left (unit) connwatch_listener_info<<selectorAlone>>
          |||),
          'for': '15s',
          keep_firing_for: '90s',
          labels: { severity: 'warning' },
          annotations: {
            description: fill("When the SYN queue is full, the kernel drops SYNs or answers them with cookies. Raise the backlog if the clients are genuine. Cause: {{ with printf `connwatch_listener_diagnosis{<<selectorInPrintf>><<clusterInPrintf>>job=%q,instance=%q,listener=%q,cause!='deferred_accept'} > 0` <<clusterOfAlert>>$labels.job $labels.instance $labels.listener | query | sortByLabel `cause` }}{{ range $i, $found := . }}{{ if $i }}, {{ end }}{{ $found.Labels.cause }}{{ end }}{{ else }}not diagnosed{{ end }}."),
            runbook_url: 'http://{{ $labels.instance }}/runbook#SynQueueNearlyFull',
            summary: 'The SYN queue of {{ or $labels.unit `the application` }} on {{ $labels.listener }} is nearly full: {{ humanizePercentage $value }} of its limit is in use',
          },
        },
        {
          alert: 'AcceptQueueNearlyFull',
          expr: fill(|||
            (
              connwatch_listener_accept_queue_utilization_ratio{<<selector>>listener!="other"} > 0.8
              or (
                connwatch_listener_accept_queue_utilization_ratio{<<selector>>listener!="other"} >= 0.5
                and on (<<labels>>job, instance, listener) ALERTS{alertname="AcceptQueueNearlyFull",alertstate="firing"}))
            * on (<<labels>>job, instance, listener) group_left (unit) connwatch_listener_info<<selectorAlone>>
            or (
              connwatch_netns_accept_queue_utilization_ratio{<<selector>>netns!="other"} > 0.8
              or (
                connwatch_netns_accept_queue_utilization_ratio{<<selector>>netns!="other"} >= 0.5
                and on (<<labels>>job, instance, netns) ALERTS{alertname="AcceptQueueNearlyFull",alertstate="firing"}))
          |||),
          'for': '15s',
          keep_firing_for: '90s',
          labels: { severity: 'critical' },
          annotations: {
            description: fill("Look at the application first: is it blocked, out of file descriptors, or short of workers? A larger backlog helps only against short bursts. Cause: {{ if $labels.listener }}{{ with printf `connwatch_listener_diagnosis{<<selectorInPrintf>><<clusterInPrintf>>job=%q,instance=%q,listener=%q,cause!='deferred_accept'} > 0` <<clusterOfAlert>>$labels.job $labels.instance $labels.listener | query | sortByLabel `cause` }}{{ range $i, $found := . }}{{ if $i }}, {{ end }}{{ $found.Labels.cause }}{{ end }}{{ else }}not diagnosed{{ end }}{{ else }}{{ with printf `connwatch_netns_listener_diagnosis{<<selectorInPrintf>><<clusterInPrintf>>job=%q,instance=%q,netns=%q,cause!='deferred_accept'} > 0` <<clusterOfAlert>>$labels.job $labels.instance $labels.netns | query | sortByLabel `cause` }}{{ range $i, $found := . }}{{ if $i }}, {{ end }}{{ $found.Labels.cause }}{{ end }}{{ else }}not diagnosed{{ end }}{{ end }}."),
            runbook_url: 'http://{{ $labels.instance }}/runbook#AcceptQueueNearlyFull',
            summary: '{{ or $labels.unit `The application` }} does not accept connections fast enough on {{ or $labels.listener $labels.netns }}: its accept queue is {{ humanizePercentage $value }} full',
          },
        },
        {
          alert: 'ReuseportImbalance',
          expr: fill(|||
            (
              connwatch_listener_accept_queue_imbalance_ratio{<<selector>>listener!="other"} > 3
              or (
                connwatch_listener_accept_queue_imbalance_ratio{<<selector>>listener!="other"} >= 2
                and on (<<labels>>job, instance, listener) ALERTS{alertname="ReuseportImbalance",alertstate="firing"}))
            * on (<<labels>>job, instance, listener) group_left (unit) connwatch_listener_info<<selectorAlone>>
          |||),
          'for': '30s',
          keep_firing_for: '1m',
          labels: { severity: 'warning' },
          annotations: {
            description: fill("One worker hangs or is overloaded. Find the socket with the largest Recv-Q (ss -ltnp) and look at its process, or restart that. A larger backlog does not help. Cause: {{ with printf `connwatch_listener_diagnosis{<<selectorInPrintf>><<clusterInPrintf>>job=%q,instance=%q,listener=%q,cause!='deferred_accept'} > 0` <<clusterOfAlert>>$labels.job $labels.instance $labels.listener | query | sortByLabel `cause` }}{{ range $i, $found := . }}{{ if $i }}, {{ end }}{{ $found.Labels.cause }}{{ end }}{{ else }}not diagnosed{{ end }}."),
            runbook_url: 'http://{{ $labels.instance }}/runbook#ReuseportImbalance',
            summary: 'One of the sockets of {{ or $labels.unit `the application` }} that share {{ $labels.listener }} accepts too slowly: {{ printf `%.1f` $value }} x as many connections wait in it as in the others on average',
          },
        },
        {
          alert: 'ListenerDropping',
          expr: fill(|||
            (
              rate(connwatch_listener_drops_total{<<selector>>listener!="other"}[1m]) > 1)
            * on (<<labels>>job, instance, listener) group_left (unit) connwatch_listener_info<<selectorAlone>>
            or (
              rate(connwatch_netns_listener_drops_total{<<selector>>netns!="other"}[1m]) > 1)
          |||),
          'for': '65s',
          keep_firing_for: '15s',
          labels: { severity: 'warning' },
          annotations: {
            description: fill("Each refused SYN makes a client wait for a second or more. Check whether the accept queue is full (the application is too slow) or the SYN queue is. Cause: {{ if $labels.listener }}{{ with printf `connwatch_listener_diagnosis{<<selectorInPrintf>><<clusterInPrintf>>job=%q,instance=%q,listener=%q,cause!='deferred_accept'} > 0` <<clusterOfAlert>>$labels.job $labels.instance $labels.listener | query | sortByLabel `cause` }}{{ range $i, $found := . }}{{ if $i }}, {{ end }}{{ $found.Labels.cause }}{{ end }}{{ else }}not diagnosed{{ end }}{{ else }}{{ with printf `connwatch_netns_listener_diagnosis{<<selectorInPrintf>><<clusterInPrintf>>job=%q,instance=%q,netns=%q,cause!='deferred_accept'} > 0` <<clusterOfAlert>>$labels.job $labels.instance $labels.netns | query | sortByLabel `cause` }}{{ range $i, $found := . }}{{ if $i }}, {{ end }}{{ $found.Labels.cause }}{{ end }}{{ else }}not diagnosed{{ end }}{{ end }}."),
            runbook_url: 'http://{{ $labels.instance }}/runbook#ListenerDropping',
            summary: '{{ or $labels.unit `The application` }} turns clients away on {{ or $labels.listener $labels.netns }}: SYNs and final ACKs are refused at {{ printf `%.1f` $value }}/s',
          },
        },
        {
          alert: 'SynCookiesActive',
          expr: fill('rate(connwatch_kernel_tcp_syncookies_sent_total<<selectorAlone>>[1m]) > 1'),
          'for': '65s',
          keep_firing_for: '15s',
          labels: { severity: 'warning' },
          annotations: {
            description: 'Clients can connect, but with fewer TCP options. Raise the backlog if the load is genuine; otherwise look for a flood.',
            runbook_url: 'http://{{ $labels.instance }}/runbook#SynCookiesActive',
            summary: 'A SYN queue of this host is full, and the kernel answers with SYN cookies: SYN cookies are sent at {{ printf `%.1f` $value }}/s',
          },
        },
        {
          alert: 'ConnectsPending',
          expr: fill(|||
            connwatch_syn_sent_retransmitting<<selectorAlone>> > 10
            or (
              connwatch_syn_sent_retransmitting<<selectorAlone>> >= 5
              and on (<<labels>>job, instance, group) ALERTS{alertname="ConnectsPending",alertstate="firing"})
          |||),
          'for': '30s',
          keep_firing_for: '3m',
          labels: { severity: 'warning' },
          annotations: {
            description: 'The destination is down, a packet filter drops the SYNs or their answers, or the accept queue there is full. Check whether other destinations in the same network answer.',
            runbook_url: 'http://{{ $labels.instance }}/runbook#ConnectsPending',
            summary: 'New connections of the group {{ $labels.group }} get no answer: {{ printf `%.0f` $value }} of them had to repeat their SYN',
          },
        },
        {
          alert: 'ConnectFailures',
          expr: fill(|||
            (
              rate(connwatch_kernel_tcp_attempt_fails_total<<selectorAlone>>[1m])
              unless on (<<labels>>job, instance) connwatch_handshake_tracing_in_use<<selectorAlone>> == 1) > 10
            or (
              (
                rate(connwatch_kernel_tcp_attempt_fails_total<<selectorAlone>>[1m])
                unless on (<<labels>>job, instance) connwatch_handshake_tracing_in_use<<selectorAlone>> == 1) >= 5
              and on (<<labels>>job, instance) ALERTS{alertname="ConnectFailures",alertstate="firing"})
          |||),
          'for': '110s',
          keep_firing_for: '1m',
          labels: { severity: 'warning' },
          annotations: {
            description: 'The kernel does not say which connects failed. Begin with the destinations in the evidence, and with the logs of the services that connect. Where handshakes can be traced, connwatch names them.',
            runbook_url: 'http://{{ $labels.instance }}/runbook#ConnectFailures',
            summary: 'Handshakes of this host fail: they are refused or given up at {{ printf `%.1f` $value }}/s',
          },
        },
        {
          alert: 'ConnectsRefused',
          expr: fill(|||
            sum without (direction, outcome) (increase(connwatch_handshakes_total{<<selector>>direction="outbound",outcome="refused"}[1m]))
            / (sum without (direction, outcome) (increase(connwatch_handshakes_total{<<selector>>direction="outbound"}[1m])) >= 10) > 0.5
            or (
              sum without (direction, outcome) (increase(connwatch_handshakes_total{<<selector>>direction="outbound",outcome="refused"}[1m]))
              / (sum without (direction, outcome) (increase(connwatch_handshakes_total{<<selector>>direction="outbound"}[1m])) >= 10) >= 0.25
              and on (<<labels>>job, instance, group) ALERTS{alertname="ConnectsRefused",alertstate="firing"})
          |||),
          'for': '90s',
          keep_firing_for: '1m',
          labels: { severity: 'warning' },
          annotations: {
            description: 'Somebody has answered, and the answer is no. Check whether the service runs and listens at the destination (ss -ltn). If it does, a firewall on the way rejects the connects.',
            runbook_url: 'http://{{ $labels.instance }}/runbook#ConnectsRefused',
            summary: 'New connections of the group {{ $labels.group }} are refused: {{ humanizePercentage $value }} of those that ended in the last minute',
          },
        },
        {
          alert: 'ConnectsTimingOut',
          expr: fill(|||
            sum without (direction, outcome) (increase(connwatch_handshakes_total{<<selector>>direction="outbound",outcome="timed_out"}[1m]))
            / (sum without (direction, outcome) (increase(connwatch_handshakes_total{<<selector>>direction="outbound"}[1m])) >= 10) > 0.2
            or (
              sum without (direction, outcome) (increase(connwatch_handshakes_total{<<selector>>direction="outbound",outcome="timed_out"}[1m]))
              / (sum without (direction, outcome) (increase(connwatch_handshakes_total{<<selector>>direction="outbound"}[1m])) >= 10) >= 0.1
              and on (<<labels>>job, instance, group) ALERTS{alertname="ConnectsTimingOut",alertstate="firing"})
          |||),
          'for': '90s',
          keep_firing_for: '90s',
          labels: { severity: 'warning' },
          annotations: {
            description: 'The destination is down, or a packet filter drops the SYNs or their answers. Check whether other destinations in the same network time out as well.',
            runbook_url: 'http://{{ $labels.instance }}/runbook#ConnectsTimingOut',
            summary: 'New connections of the group {{ $labels.group }} are given up without an answer: {{ humanizePercentage $value }} of those that ended in the last minute',
          },
        },
        {
          alert: 'ConnectsUnreachable',
          expr: fill(|||
            sum without (direction, outcome) (increase(connwatch_handshakes_total{<<selector>>direction="outbound",outcome="unreachable"}[1m]))
            / (sum without (direction, outcome) (increase(connwatch_handshakes_total{<<selector>>direction="outbound"}[1m])) >= 10) > 0.2
            or (
              sum without (direction, outcome) (increase(connwatch_handshakes_total{<<selector>>direction="outbound",outcome="unreachable"}[1m]))
              / (sum without (direction, outcome) (increase(connwatch_handshakes_total{<<selector>>direction="outbound"}[1m])) >= 10) >= 0.1
              and on (<<labels>>job, instance, group) ALERTS{alertname="ConnectsUnreachable",alertstate="firing"})
          |||),
          'for': '90s',
          keep_firing_for: '1m',
          labels: { severity: 'warning' },
          annotations: {
            description: 'Either no neighbour answers (ip neigh), or a router or a firewall has sent an ICMP error.',
            runbook_url: 'http://{{ $labels.instance }}/runbook#ConnectsUnreachable',
            summary: 'New connections of the group {{ $labels.group }} find no way to their destination: {{ humanizePercentage $value }} of those that ended in the last minute',
          },
        },
        {
          alert: 'HandshakeLatencyDoubled',
          expr: fill(|||
            (
              (histogram_quantile(0.5, sum without (direction) (rate(connwatch_handshake_duration_seconds_bucket{<<selector>>direction="outbound"}[2m])))
                >= 0.002 + histogram_quantile(0.5, sum without (direction) (rate(connwatch_handshake_duration_seconds_bucket{<<selector>>direction="outbound"}[1h] offset 2m))))
              / histogram_quantile(0.5, sum without (direction) (rate(connwatch_handshake_duration_seconds_bucket{<<selector>>direction="outbound"}[1h] offset 2m)))
              and sum without (direction) (increase(connwatch_handshake_duration_seconds_count{<<selector>>direction="outbound"}[2m])) >= 20
              and sum without (direction) (increase(connwatch_handshake_duration_seconds_count{<<selector>>direction="outbound"}[1h] offset 2m)) >= 20) > 2
            or (
              (
                (histogram_quantile(0.5, sum without (direction) (rate(connwatch_handshake_duration_seconds_bucket{<<selector>>direction="outbound"}[2m])))
                  >= 0.002 + histogram_quantile(0.5, sum without (direction) (rate(connwatch_handshake_duration_seconds_bucket{<<selector>>direction="outbound"}[1h] offset 2m))))
                / histogram_quantile(0.5, sum without (direction) (rate(connwatch_handshake_duration_seconds_bucket{<<selector>>direction="outbound"}[1h] offset 2m)))
                and sum without (direction) (increase(connwatch_handshake_duration_seconds_count{<<selector>>direction="outbound"}[2m])) >= 20
                and sum without (direction) (increase(connwatch_handshake_duration_seconds_count{<<selector>>direction="outbound"}[1h] offset 2m)) >= 20) >= 1.5
              and on (<<labels>>job, instance, group) ALERTS{alertname="HandshakeLatencyDoubled",alertstate="firing"})
          |||),
          'for': '2m',
          keep_firing_for: '2m',
          labels: { severity: 'info' },
          annotations: {
            description: "If one destination alone is slow, its host or the way there is busy. If all are, look at this host's own uplink.",
            runbook_url: 'http://{{ $labels.instance }}/runbook#HandshakeLatencyDoubled',
            summary: 'New connections of the group {{ $labels.group }} take longer than in the hour before: their median latency is {{ printf `%.1f` $value }} x what it was',
          },
        },
        {
          alert: 'SynRetransmissionsHigh',
          expr: fill(|||
            sum without (direction) (increase(connwatch_handshake_syn_retransmissions_total{<<selector>>direction="outbound"}[1m]))
            / (sum without (direction, outcome) (increase(connwatch_handshakes_total{<<selector>>direction="outbound",outcome!~"no_route|no_port"}[1m]))
              + sum without (direction) (increase(connwatch_handshake_syn_retransmissions_total{<<selector>>direction="outbound"}[1m])) >= 20) > 0.05
            or (
              sum without (direction) (increase(connwatch_handshake_syn_retransmissions_total{<<selector>>direction="outbound"}[1m]))
              / (sum without (direction, outcome) (increase(connwatch_handshakes_total{<<selector>>direction="outbound",outcome!~"no_route|no_port"}[1m]))
                + sum without (direction) (increase(connwatch_handshake_syn_retransmissions_total{<<selector>>direction="outbound"}[1m])) >= 20) >= 0.03
              and on (<<labels>>job, instance, group) ALERTS{alertname="SynRetransmissionsHigh",alertstate="firing"})
          |||),
          'for': '2m',
          keep_firing_for: '1m',
          labels: { severity: 'warning' },
          annotations: {
            description: "If a single destination has nearly all of them, it is down or filtered. If many have some, look at the errors and drops of this host's interface (ip -s link).",
            runbook_url: 'http://{{ $labels.instance }}/runbook#SynRetransmissionsHigh',
            summary: 'SYNs of the group {{ $labels.group }} get lost: {{ humanizePercentage $value }} had to be sent again',
          },
        },
        {
          alert: 'EphemeralPortsNearlyExhausted',
          expr: fill(|||
            connwatch_ephemeral_ports_used_peak_destination<<selectorAlone>>
            / (connwatch_ephemeral_ports_available<<selectorAlone>> > 0) > 0.8
            or (
              connwatch_ephemeral_ports_used_peak_destination<<selectorAlone>>
              / (connwatch_ephemeral_ports_available<<selectorAlone>> > 0) >= 0.7
              and on (<<labels>>job, instance) ALERTS{alertname="EphemeralPortsNearlyExhausted",alertstate="firing"})
          |||),
          'for': '30s',
          keep_firing_for: '1m',
          labels: { severity: 'critical' },
          annotations: {
            description: 'New connections there will soon fail with EADDRNOTAVAIL. For now a wider net.ipv4.ip_local_port_range helps, or more source or destination addresses. To cure it, let the application reuse its connections (keep-alive, a pool).',
            runbook_url: 'http://{{ $labels.instance }}/runbook#EphemeralPortsNearlyExhausted',
            summary: 'The local ports for connections to one destination are running out: {{ humanizePercentage $value }} of them are in use',
          },
        },
        {
          alert: 'SourcePortsNearlyExhausted',
          expr: fill(|||
            connwatch_ephemeral_ports_used_peak_source<<selectorAlone>>
            / (connwatch_ephemeral_ports_available<<selectorAlone>> > 0) > 0.8
            or (
              connwatch_ephemeral_ports_used_peak_source<<selectorAlone>>
              / (connwatch_ephemeral_ports_available<<selectorAlone>> > 0) >= 0.7
              and on (<<labels>>job, instance) ALERTS{alertname="SourcePortsNearlyExhausted",alertstate="firing"})
          |||),
          'for': '30s',
          keep_firing_for: '1m',
          labels: { severity: 'critical' },
          annotations: {
            description: 'Soon bind() before connect() fails with EADDRINUSE. Let the proxy reuse its connections, use IP_BIND_ADDRESS_NO_PORT, or give it more source addresses.',
            runbook_url: 'http://{{ $labels.instance }}/runbook#SourcePortsNearlyExhausted',
            summary: 'The local ports of one source address are running out: {{ humanizePercentage $value }} of them are in use',
          },
        },
        {
          alert: 'TcpMemoryPressure',
          expr: fill(|||
            connwatch_tcp_memory_pages<<selectorAlone>>
            / (connwatch_tcp_memory_pages_pressure<<selectorAlone>> > 0) > 0.9
            or (
              connwatch_tcp_memory_pages<<selectorAlone>>
              / (connwatch_tcp_memory_pages_pressure<<selectorAlone>> > 0) >= 0.75
              and on (<<labels>>job, instance) ALERTS{alertname="TcpMemoryPressure",alertstate="firing"})
          |||),
          'for': '30s',
          keep_firing_for: '1m',
          labels: { severity: 'warning' },
          annotations: {
            description: 'See who holds it (ss -tm, large Recv-Q or Send-Q): mostly an application that does not read, or peers that are slow. If the use is justified, raise net.ipv4.tcp_mem.',
            runbook_url: 'http://{{ $labels.instance }}/runbook#TcpMemoryPressure',
            summary: 'The memory for TCP is running out: TCP uses {{ humanizePercentage $value }} of the memory at which the kernel begins to save memory',
          },
        },
        {
          alert: 'OrphansNearLimit',
          expr: fill(|||
            connwatch_tcp_orphans<<selectorAlone>>
            / (connwatch_tcp_orphan_limit<<selectorAlone>> > 0) > 0.8
            or (
              connwatch_tcp_orphans<<selectorAlone>>
              / (connwatch_tcp_orphan_limit<<selectorAlone>> > 0) >= 0.7
              and on (<<labels>>job, instance) ALERTS{alertname="OrphansNearLimit",alertstate="firing"})
          |||),
          'for': '1m',
          keep_firing_for: '1m',
          labels: { severity: 'warning' },
          annotations: {
            description: 'These connections were closed before their peers had acknowledged everything. Look at FIN-WAIT-1 and LAST-ACK (ss -tan): usually clients have vanished; it can also be an attack. Lower net.ipv4.tcp_orphan_retries, or raise net.ipv4.tcp_max_orphans; each orphan can take up to 64 KiB.',
            runbook_url: 'http://{{ $labels.instance }}/runbook#OrphansNearLimit',
            summary: 'Closed connections whose peers do not answer come near their limit: orphaned sockets are at {{ humanizePercentage $value }} of tcp_max_orphans',
          },
        },
        {
          alert: 'ConntrackNearlyFull',
          expr: fill(|||
            connwatch_kernel_conntrack_entries<<selectorAlone>>
            / (connwatch_kernel_conntrack_entries_limit<<selectorAlone>> > 0) > 0.75
            or (
              connwatch_kernel_conntrack_entries<<selectorAlone>>
              / (connwatch_kernel_conntrack_entries_limit<<selectorAlone>> > 0) >= 0.7
              and on (<<labels>>job, instance) ALERTS{alertname="ConntrackNearlyFull",alertstate="firing"})
          |||),
          'for': '30s',
          keep_firing_for: '1m',
          labels: { severity: 'warning' },
          annotations: {
            description: 'When it is full, the kernel drops the packets of all new flows. Raise net.netfilter.nf_conntrack_max (about 320 bytes an entry) and the number of buckets. See which flows fill it (conntrack -L); exempt busy services (notrack), or shorten nf_conntrack_tcp_timeout_established.',
            runbook_url: 'http://{{ $labels.instance }}/runbook#ConntrackNearlyFull',
            summary: 'The table of connection tracking is nearly full: {{ humanizePercentage $value }} of its entries are in use',
          },
        },
        {
          alert: 'ConntrackInsertFailed',
          expr: fill('rate(connwatch_kernel_conntrack_insert_failed_total<<selectorAlone>>[1m]) > 1'),
          'for': '65s',
          keep_firing_for: '1m',
          labels: { severity: 'warning' },
          annotations: {
            description: 'Mostly two packets of one flow race behind NAT, as the A and AAAA queries of a resolver do: use a DNS cache on the host, or the option single-request-reopen in resolv.conf. Otherwise SNAT has too few source ports: give it more addresses, or let it choose ports at random (random-fully).',
            runbook_url: 'http://{{ $labels.instance }}/runbook#ConntrackInsertFailed',
            summary: 'Connection tracking drops the first packets of flows: it cannot insert their entries, at {{ printf `%.1f` $value }}/s',
          },
        },
        {
          alert: 'TimeWaitNearLimit',
          expr: fill(|||
            connwatch_tcp_time_wait<<selectorAlone>>
            / (connwatch_tcp_time_wait_limit<<selectorAlone>> > 0) > 0.8
            or (
              connwatch_tcp_time_wait<<selectorAlone>>
              / (connwatch_tcp_time_wait_limit<<selectorAlone>> > 0) >= 0.7
              and on (<<labels>>job, instance) ALERTS{alertname="TimeWaitNearLimit",alertstate="firing"})
          |||),
          'for': '1m',
          keep_firing_for: '1m',
          labels: { severity: 'warning' },
          annotations: {
            description: 'Beyond the limit the kernel ends TIME-WAIT at once, and late segments can meet a new connection. Let clients reuse their connections, or raise net.ipv4.tcp_max_tw_buckets.',
            runbook_url: 'http://{{ $labels.instance }}/runbook#TimeWaitNearLimit',
            summary: 'TIME-WAIT sockets come near their limit: {{ humanizePercentage $value }} of tcp_max_tw_buckets',
          },
        },
        {
          alert: 'RetransmitRateHigh',
          expr: fill(|||
            sum without (direction) (increase(connwatch_tcp_segments_retransmitted_total<<selectorAlone>>[1m]))
            / (sum without (direction) (increase(connwatch_tcp_segments_sent_total<<selectorAlone>>[1m])) >= 200) > 0.05
            or (
              sum without (direction) (increase(connwatch_tcp_segments_retransmitted_total<<selectorAlone>>[1m]))
              / (sum without (direction) (increase(connwatch_tcp_segments_sent_total<<selectorAlone>>[1m])) >= 200) >= 0.03
              and on (<<labels>>job, instance, group) ALERTS{alertname="RetransmitRateHigh",alertstate="firing"})
          |||),
          'for': '2m',
          keep_firing_for: '1m',
          labels: { severity: 'warning' },
          annotations: {
            description: "If one peer or network has nearly all of them, the way there is bad. If many have some, look at the errors and drops of this host's interface (ip -s link).",
            runbook_url: 'http://{{ $labels.instance }}/runbook#RetransmitRateHigh',
            summary: 'The network loses segments of the group {{ $labels.group }}: {{ humanizePercentage $value }} of the segments had to be sent again',
          },
        },
        {
          alert: 'ConnectionsStalled',
          expr: fill(|||
            sum without (direction) (connwatch_tcp_retransmitting_sockets{<<selector>>direction="outbound"}) > 2
            or (
              sum without (direction) (connwatch_tcp_retransmitting_sockets{<<selector>>direction="outbound"}) >= 1
              and on (<<labels>>job, instance, group) ALERTS{alertname="ConnectionsStalled",alertstate="firing"})
          |||),
          'for': '30s',
          keep_firing_for: '150s',
          labels: { severity: 'warning' },
          annotations: {
            description: "Check whether the destinations are up and whether other hosts reach them. If both are true, a NAT or a firewall on the way has dropped its state of these connections: restart the application's connection pool. For the future set TCP keepalives below the idle time-out of that device, or TCP_USER_TIMEOUT.",
            runbook_url: 'http://{{ $labels.instance }}/runbook#ConnectionsStalled',
            summary: 'Established connections of the group {{ $labels.group }} have stalled: {{ printf `%.0f` $value }} get no ACK for the data that they have sent',
          },
        },
        {
          alert: 'CloseWaitLeak',
          expr: fill(|||
            sum without (direction, state) (connwatch_tcp_group_sockets{<<selector>>state="close_wait"}) > 200
            or (
              sum without (direction, state) (connwatch_tcp_group_sockets{<<selector>>state="close_wait"}) >= 100
              and on (<<labels>>job, instance, group) ALERTS{alertname="CloseWaitLeak",alertstate="firing"})
          |||),
          'for': '10m',
          keep_firing_for: '1m',
          labels: { severity: 'warning' },
          annotations: {
            description: 'Only the application can close them. Restart it before it runs out of file descriptors, and report the leak to its authors.',
            runbook_url: 'http://{{ $labels.instance }}/runbook#CloseWaitLeak',
            summary: 'An application in the group {{ $labels.group }} does not close its connections: {{ printf `%.0f` $value }} sockets are in CLOSE-WAIT, which means that the peer has closed and the application has not',
          },
        },
        {
          alert: 'TotalsNotExact',
          expr: fill('connwatch_totals_exact<<selectorAlone>> < 1'),
          labels: { severity: 'warning' },
          annotations: {
            description: 'The evidence names the reason. Raise the key that it names: destroy_event_buffer (and net.core.rmem_max), destroy_event_budget or max_tracked_connections. If destroy_events is off on purpose, switch this rule off.',
            runbook_url: 'http://{{ $labels.instance }}/runbook#TotalsNotExact',
            summary: 'Totals of bytes, segments and closed connections are too low, because connwatch does not see how every connection ends',
          },
        },
        {
          alert: 'MonitorStale',
          expr: fill(|||
            max without (tier) (
              timestamp(connwatch_poll_interval_seconds<<selectorAlone>>) - connwatch_poll_interval_seconds<<selectorAlone>>
              - (connwatch_poll_last_success_timestamp_seconds<<selectorAlone>>
                or 0 * connwatch_poll_interval_seconds<<selectorAlone>>
                + on (<<labels>>job, instance) group_left () process_start_time_seconds<<selectorAlone>>)) > 30
          |||),
          labels: { severity: 'critical' },
          annotations: {
            description: "Until it can, nobody watches this host's connections. The evidence and the log of connwatch name the reason.",
            runbook_url: 'http://{{ $labels.instance }}/runbook#MonitorStale',
            summary: 'connwatch cannot read the sockets, and every other alert is frozen: its data is {{ humanizeDuration $value }} overdue',
          },
        },
      ],
    },
  ],
}
