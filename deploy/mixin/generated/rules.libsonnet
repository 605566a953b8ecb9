// Written by dashboards/source/mixin.py from connwatch.rules.yml.
function(fill) {
  groups: [
    {
      name: 'connwatch-listeners',
      interval: '15s',
      rules: [
        {
          record: 'instance_listener_queue:connwatch_listener_queue_peak:ratio',
          labels: { queue: 'accept' },
          expr: fill('connwatch_listener_accept_queue_peak_utilization_ratio{<<selector>>listener!="other"}'),
        },
        {
          record: 'instance_listener_queue:connwatch_listener_queue_peak:ratio',
          labels: { queue: 'syn' },
          expr: fill(|||
            connwatch_listener_syn_queue_peak{<<selector>>listener!="other"}
            / (connwatch_listener_accept_queue_limit{<<selector>>listener!="other"} >= 4)
          |||),
        },
        {
          record: 'instance_listener:connwatch_listener_syn_queue_length:deriv5m',
          expr: fill('deriv(connwatch_listener_syn_queue_length{<<selector>>listener!="other"}[5m])'),
        },
        {
          record: 'instance_listener:connwatch_listener_drops:rate5m',
          expr: fill('rate(connwatch_listener_drops_total<<selectorAlone>>[5m])'),
        },
      ],
    },
    {
      name: 'connwatch-groups',
      interval: '30s',
      rules: [
        {
          record: 'instance_group:connwatch_tcp_rtt_seconds:p99_rate5m',
          expr: fill('histogram_quantile(0.99, sum without (direction) (rate(connwatch_tcp_rtt_seconds_bucket<<selectorAlone>>[5m]))) >= 0'),
        },
        {
          record: 'instance_le:connwatch_tcp_rtt_seconds_bucket:rate5m',
          expr: fill('sum without (direction, group) (rate(connwatch_tcp_rtt_seconds_bucket<<selectorAlone>>[5m]))'),
        },
        {
          record: 'instance:connwatch_tcp_rtt_seconds:p99_rate5m',
          expr: 'histogram_quantile(0.99, instance_le:connwatch_tcp_rtt_seconds_bucket:rate5m) >= 0',
        },
        {
          record: 'instance_group:connwatch_tcp_segments_retransmitted:ratio_rate5m',
          expr: fill(|||
            sum without (direction) (rate(connwatch_tcp_segments_retransmitted_total<<selectorAlone>>[5m]))
            / (sum without (direction) (rate(connwatch_tcp_segments_sent_total<<selectorAlone>>[5m])) > 0)
          |||),
        },
        {
          record: 'instance_group_limit:connwatch_tcp_busy_limited:ratio_rate5m',
          labels: { limit: 'receive_window' },
          expr: fill(|||
            sum without (direction) (rate(connwatch_tcp_rwnd_limited_seconds_total<<selectorAlone>>[5m]))
            / (sum without (direction) (rate(connwatch_tcp_busy_seconds_total<<selectorAlone>>[5m])) > 0)
          |||),
        },
        {
          record: 'instance_group_limit:connwatch_tcp_busy_limited:ratio_rate5m',
          labels: { limit: 'send_buffer' },
          expr: fill(|||
            sum without (direction) (rate(connwatch_tcp_sndbuf_limited_seconds_total<<selectorAlone>>[5m]))
            / (sum without (direction) (rate(connwatch_tcp_busy_seconds_total<<selectorAlone>>[5m])) > 0)
          |||),
        },
      ],
    },
    {
      name: 'connwatch-handshakes',
      interval: '30s',
      rules: [
        {
          record: 'instance_group_outcome:connwatch_handshakes:ratio_rate5m',
          expr: fill(|||
            sum without (direction) (rate(connwatch_handshakes_total{<<selector>>direction="outbound",outcome!="ok"}[5m]))
            / ignoring (outcome) group_left ()
            (sum without (direction, outcome) (rate(connwatch_handshakes_total{<<selector>>direction="outbound"}[5m])) > 0)
          |||),
        },
        {
          record: 'instance_direction_group:connwatch_handshake_duration_seconds:p50_rate5m',
          expr: fill('histogram_quantile(0.5, rate(connwatch_handshake_duration_seconds_bucket<<selectorAlone>>[5m])) >= 0'),
        },
        {
          record: 'instance_direction_group:connwatch_handshake_duration_seconds:p99_rate5m',
          expr: fill('histogram_quantile(0.99, rate(connwatch_handshake_duration_seconds_bucket<<selectorAlone>>[5m])) >= 0'),
        },
      ],
    },
    {
      name: 'connwatch-instances',
      interval: '15s',
      rules: [
        {
          record: 'instance:connwatch_tcp_sockets:sum',
          expr: fill('sum without (family, state) (connwatch_tcp_sockets<<selectorAlone>>)'),
        },
        {
          record: 'instance:connwatch_tcp_sockets:sum_deriv30m',
          expr: 'deriv(instance:connwatch_tcp_sockets:sum[30m])',
        },
        {
          record: 'instance:connwatch_listener_queue_peak:ratio_max',
          expr: 'max without (listener, queue) (instance_listener_queue:connwatch_listener_queue_peak:ratio)',
        },
        {
          record: 'instance:connwatch_listener_syn_queue_length:deriv5m_max',
          expr: 'max without (listener) (instance_listener:connwatch_listener_syn_queue_length:deriv5m)',
        },
        {
          record: 'instance:connwatch_listener_drops:rate5m_sum',
          expr: 'sum without (listener) (instance_listener:connwatch_listener_drops:rate5m)',
        },
        {
          record: 'instance:connwatch_tcp_bytes_sent:rate5m_sum',
          expr: fill('sum without (direction, group) (rate(connwatch_tcp_bytes_sent_total<<selectorAlone>>[5m]))'),
        },
        {
          record: 'instance:connwatch_tcp_bytes_received:rate5m_sum',
          expr: fill('sum without (direction, group) (rate(connwatch_tcp_bytes_received_total<<selectorAlone>>[5m]))'),
        },
        {
          record: 'instance:connwatch_tcp_segments_retransmitted:ratio_rate5m',
          expr: fill(|||
            sum without (direction, group) (rate(connwatch_tcp_segments_retransmitted_total<<selectorAlone>>[5m]))
            / (sum without (direction, group) (rate(connwatch_tcp_segments_sent_total<<selectorAlone>>[5m])) > 0)
          |||),
        },
        {
          record: 'instance:connwatch_ephemeral_ports_used:ratio',
          expr: fill('connwatch_ephemeral_ports_used_peak_destination<<selectorAlone>> / (connwatch_ephemeral_ports_available<<selectorAlone>> > 0)'),
        },
        {
          record: 'instance:connwatch_time_wait_sockets:ratio',
          expr: fill('connwatch_tcp_time_wait<<selectorAlone>> / (connwatch_tcp_time_wait_limit<<selectorAlone>> > 0)'),
        },
        {
          record: 'instance_severity:connwatch_alert_firing:sum',
          expr: fill('sum without (alert, subject) (connwatch_alert_firing<<selectorAlone>>)'),
        },
        {
          record: 'instance:connwatch_poll_age_seconds:max',
          expr: fill('max without (tier) (time() - connwatch_poll_last_success_timestamp_seconds<<selectorAlone>>)'),
        },
      ],
    },
    {
      name: 'connwatch-fleet',
      interval: '15s',
      rules: [
        {
          record: 'job:connwatch_instances:count',
          expr: fill('count by (<<labels>>job) (connwatch_build_info<<selectorAlone>>)'),
        },
        {
          record: 'job:connwatch_tcp_sockets:sum',
          expr: fill('sum by (<<labels>>job) (instance:connwatch_tcp_sockets:sum)'),
        },
        {
          record: 'job_severity:connwatch_alert_firing:sum',
          expr: fill('sum by (<<labels>>job, severity) (instance_severity:connwatch_alert_firing:sum)'),
        },
        {
          record: 'job_le:connwatch_tcp_rtt_seconds_bucket:rate5m',
          expr: fill('sum by (<<labels>>job, le) (instance_le:connwatch_tcp_rtt_seconds_bucket:rate5m)'),
        },
        {
          record: 'job:connwatch_tcp_rtt_seconds:p99_rate5m',
          expr: 'histogram_quantile(0.99, job_le:connwatch_tcp_rtt_seconds_bucket:rate5m) >= 0',
        },
        {
          record: 'job:connwatch_listener_queue_peak:ratio_topk10',
          expr: fill('topk by (<<labels>>job) (10, instance_listener_queue:connwatch_listener_queue_peak:ratio)'),
        },
        {
          record: 'job:connwatch_listener_syn_queue_length:deriv5m_topk10',
          expr: fill('topk by (<<labels>>job) (10, instance_listener:connwatch_listener_syn_queue_length:deriv5m)'),
        },
        {
          record: 'job:connwatch_listener_drops:rate5m_topk10',
          expr: fill('topk by (<<labels>>job) (10, instance_listener:connwatch_listener_drops:rate5m)'),
        },
      ],
    },
  ],
}
