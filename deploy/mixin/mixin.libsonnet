// connwatch's alerts, recording rules and dashboards as a Prometheus monitoring mixin.
// "As a mixin" in docs/dashboards.md shows how to use it.
(import 'config.libsonnet') +
(import 'rules.libsonnet') +
(import 'dashboards.libsonnet')
