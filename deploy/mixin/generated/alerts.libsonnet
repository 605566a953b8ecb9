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
              connwatch_listener_syn_queue_length{<<selector>>listener!="other"} > 64
              and on (<<labels>>job, instance, listener) (
                deriv(connwatch_listener_syn_queue_length{<<selector>>listener!="other"}[1m]) > 20
                or connwatch_listener_diagnosis{<<selector>>cause=~"syn_flood|return_path_loss"} == 1)
              or (
                connwatch_listener_syn_queue_length{<<selector>>listener!="other"} >= 32
                and on (<<labels>>job, instance, listener) ALERTS{alertname="SynRecvBacklogGrowth",alertstate="firing"}))
            unless on (<<labels>>job, instance, listener) connwatch_listener_diagnosis{<<selector>>cause="deferred_accept"} == 1
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
          keep_firing_for: '30s',
          labels: { severity: 'critical' },
          annotations: {
            summary: fill("{{ or $labels.listener $labels.netns }}: {{ printf `%.0f` $value }} handshakes do not complete ({{ if $labels.listener }}{{ with printf `connwatch_listener_diagnosis{<<selectorInPrintf>><<clusterInPrintf>>job=%q,instance=%q,listener=%q,cause!='deferred_accept'} > 0` <<clusterOfAlert>>$labels.job $labels.instance $labels.listener | query | sortByLabel `cause` }}{{ range $i, $found := . }}{{ if $i }}, {{ end }}{{ $found.Labels.cause }}{{ end }}{{ else }}not diagnosed{{ end }}{{ else }}{{ with printf `connwatch_netns_listener_diagnosis{<<selectorInPrintf>><<clusterInPrintf>>job=%q,instance=%q,netns=%q,cause!='deferred_accept'} > 0` <<clusterOfAlert>>$labels.job $labels.instance $labels.netns | query | sortByLabel `cause` }}{{ range $i, $found := . }}{{ if $i }}, {{ end }}{{ $found.Labels.cause }}{{ end }}{{ else }}not diagnosed{{ end }}{{ end }})"),
          },
        },
        {
          alert: 'SynQueueNearlyFull',
          expr: fill(|||
            (
              connwatch_listener_syn_queue_length{<<selector>>listener!="other"}
              / (connwatch_listener_accept_queue_limit{<<selector>>listener!="other"} >= 4) > 0.8
              or (
                connwatch_listener_syn_queue_length{<<selector>>listener!="other"}
                / (connwatch_listener_accept_queue_limit{<<selector>>listener!="other"} >= 4) >= 0.5
                and on (<<labels>>job, instance, listener) ALERTS{alertname="SynQueueNearlyFull",alertstate="firing"}))
            unless on (<<labels>>job, instance, listener) connwatch_listener_diagnosis{<<selector>>cause="deferred_accept"} == 1
          |||),
          'for': '15s',
          keep_firing_for: '30s',
          labels: { severity: 'warning' },
          annotations: {
            summary: fill("{{ $labels.listener }}: SYN queue {{ humanizePercentage $value }} full ({{ with printf `connwatch_listener_diagnosis{<<selectorInPrintf>><<clusterInPrintf>>job=%q,instance=%q,listener=%q,cause!='deferred_accept'} > 0` <<clusterOfAlert>>$labels.job $labels.instance $labels.listener | query | sortByLabel `cause` }}{{ range $i, $found := . }}{{ if $i }}, {{ end }}{{ $found.Labels.cause }}{{ end }}{{ else }}not diagnosed{{ end }})"),
          },
        },
        {
          alert: 'AcceptQueueNearlyFull',
          expr: fill(|||
            connwatch_listener_accept_queue_utilization_ratio{<<selector>>listener!="other"} > 0.8
            or (
              connwatch_listener_accept_queue_utilization_ratio{<<selector>>listener!="other"} >= 0.5
              and on (<<labels>>job, instance, listener) ALERTS{alertname="AcceptQueueNearlyFull",alertstate="firing"})
            or (
              connwatch_netns_accept_queue_utilization_ratio{<<selector>>netns!="other"} > 0.8
              or (
                connwatch_netns_accept_queue_utilization_ratio{<<selector>>netns!="other"} >= 0.5
                and on (<<labels>>job, instance, netns) ALERTS{alertname="AcceptQueueNearlyFull",alertstate="firing"}))
          |||),
          'for': '15s',
          keep_firing_for: '30s',
          labels: { severity: 'critical' },
          annotations: {
            summary: fill("{{ or $labels.listener $labels.netns }}: accept queue {{ humanizePercentage $value }} full, the application accepts too slowly ({{ if $labels.listener }}{{ with printf `connwatch_listener_diagnosis{<<selectorInPrintf>><<clusterInPrintf>>job=%q,instance=%q,listener=%q,cause!='deferred_accept'} > 0` <<clusterOfAlert>>$labels.job $labels.instance $labels.listener | query | sortByLabel `cause` }}{{ range $i, $found := . }}{{ if $i }}, {{ end }}{{ $found.Labels.cause }}{{ end }}{{ else }}not diagnosed{{ end }}{{ else }}{{ with printf `connwatch_netns_listener_diagnosis{<<selectorInPrintf>><<clusterInPrintf>>job=%q,instance=%q,netns=%q,cause!='deferred_accept'} > 0` <<clusterOfAlert>>$labels.job $labels.instance $labels.netns | query | sortByLabel `cause` }}{{ range $i, $found := . }}{{ if $i }}, {{ end }}{{ $found.Labels.cause }}{{ end }}{{ else }}not diagnosed{{ end }}{{ end }})"),
          },
        },
        {
          alert: 'ListenerDropping',
          expr: fill(|||
            rate(connwatch_listener_drops_total{<<selector>>listener!="other"}[1m]) > 1
            or (
              rate(connwatch_netns_listener_drops_total{<<selector>>netns!="other"}[1m]) > 1)
          |||),
          'for': '65s',
          keep_firing_for: '1m',
          labels: { severity: 'warning' },
          annotations: {
            summary: fill("{{ or $labels.listener $labels.netns }}: {{ printf `%.1f` $value }}/s SYNs or ACKs dropped ({{ if $labels.listener }}{{ with printf `connwatch_listener_diagnosis{<<selectorInPrintf>><<clusterInPrintf>>job=%q,instance=%q,listener=%q,cause!='deferred_accept'} > 0` <<clusterOfAlert>>$labels.job $labels.instance $labels.listener | query | sortByLabel `cause` }}{{ range $i, $found := . }}{{ if $i }}, {{ end }}{{ $found.Labels.cause }}{{ end }}{{ else }}not diagnosed{{ end }}{{ else }}{{ with printf `connwatch_netns_listener_diagnosis{<<selectorInPrintf>><<clusterInPrintf>>job=%q,instance=%q,netns=%q,cause!='deferred_accept'} > 0` <<clusterOfAlert>>$labels.job $labels.instance $labels.netns | query | sortByLabel `cause` }}{{ range $i, $found := . }}{{ if $i }}, {{ end }}{{ $found.Labels.cause }}{{ end }}{{ else }}not diagnosed{{ end }}{{ end }})"),
          },
        },
        {
          alert: 'SynCookiesActive',
          expr: fill('rate(connwatch_kernel_tcp_syncookies_sent_total<<selectorAlone>>[1m]) > 1'),
          'for': '65s',
          keep_firing_for: '1m',
          labels: { severity: 'warning' },
          annotations: {
            summary: '{{ printf `%.1f` $value }}/s SYN cookies sent: a SYN queue is at its limit and its length no longer shows the load',
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
          keep_firing_for: '1m',
          labels: { severity: 'warning' },
          annotations: {
            summary: '{{ $labels.group }}: {{ printf `%.0f` $value }} connects without an answer: a packet filter, an asymmetric route or a dead peer',
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
            summary: '{{ printf `%.1f` $value }}/s handshakes refused or given up',
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
            summary: '{{ $labels.group }}: {{ humanizePercentage $value }} of the connects are refused: nothing listens at the destination, or a firewall rejects them',
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
          keep_firing_for: '1m',
          labels: { severity: 'warning' },
          annotations: {
            summary: '{{ $labels.group }}: {{ humanizePercentage $value }} of the connects never get an answer: the destination is down, or a packet filter drops them',
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
            summary: '{{ $labels.group }}: {{ humanizePercentage $value }} of the connects find no way to their destination: a router has no route, a host is down, or a firewall rejects them',
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
            summary: '{{ $labels.group }}: connects take {{ printf `%.1f` $value }} x as long as in the hour before',
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
          keep_firing_for: '2m',
          labels: { severity: 'warning' },
          annotations: {
            summary: '{{ $labels.group }}: {{ humanizePercentage $value }} of the SYNs had to be sent again: packets get lost on the way, or destinations do not answer',
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
            summary: '{{ humanizePercentage $value }} of the local ports towards one destination in use: connects there will fail soon',
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
            summary: '{{ humanizePercentage $value }} of the local ports of one source address in use: bind() to any port before connect() will fail soon',
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
            summary: 'TIME-WAIT sockets at {{ humanizePercentage $value }} of tcp_max_tw_buckets',
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
          keep_firing_for: '2m',
          labels: { severity: 'warning' },
          annotations: {
            summary: '{{ $labels.group }}: {{ humanizePercentage $value }} of the segments retransmitted',
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
            summary: '{{ $labels.group }}: {{ printf `%.0f` $value }} sockets that the peer has closed and the application has not',
          },
        },
        {
          alert: 'DestroyEventsAbsent',
          expr: fill('rate(connwatch_destroy_events_absent_seconds_total<<selectorAlone>>[1m]) > 0'),
          labels: { severity: 'warning' },
          annotations: {
            summary: 'connwatch was not told which connections ended for {{ humanizePercentage $value }} of the last minute: totals of bytes, segments and closed connections are too low',
          },
        },
        {
          alert: 'DestroyEventsLost',
          expr: fill('rate(connwatch_destroy_event_overruns_total<<selectorAlone>>[1m]) > 0'),
          labels: { severity: 'warning' },
          annotations: {
            summary: 'connwatch lost ends of connections in the last minute: totals of bytes, segments and closed connections are too low; increase destroy_event_buffer',
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
            summary: 'connwatch cannot read the sockets: its data is {{ humanizeDuration $value }} overdue, and every other alert is frozen',
          },
        },
      ],
    },
  ],
}
