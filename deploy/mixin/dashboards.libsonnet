// grafanaDashboards: {name of the file: dashboard}.
local fill = import 'fill.libsonnet';

local generated = {
  'connwatch-fleet.json': import 'generated/fleet.libsonnet',
  'connwatch-handshakes.json': import 'generated/handshakes.libsonnet',
  'connwatch-host.json': import 'generated/host_overview.libsonnet',
  'connwatch-listeners.json': import 'generated/listeners.libsonnet',
  'connwatch-monitor.json': import 'generated/monitor.libsonnet',
  'connwatch-quality.json': import 'generated/connection_quality.libsonnet',
};

{
  local config = self._config,
  local filled = fill(config),
  // The column of the cluster in tables that show the job. null leaves a field of this name out.
  local clusterColumn = if config.showMultiCluster then config.clusterLabel,

  // Chosen in the same way as the job: one cluster, or several.
  local clusterVariable(job) = job {
    name: 'cluster',
    label: 'Cluster',
    description: 'The cluster of the daemons.',
    query+: {
      query: filled('label_values(connwatch_build_info<<selectorAlone>>, ') + config.clusterLabel + ')',
    },
  },
  local variables(variable) =
    if variable.name == 'datasource' then [variable { regex: config.datasourceFilterRegex }]
    else if variable.name == 'job' && config.showMultiCluster then [clusterVariable(variable), variable]
    else [variable],
  local link(link) =
    if link.type == 'dashboards' then link { tags: config.dashboardTags } else link,

  grafanaDashboards+:: {
    [name]: generated[name](filled, clusterColumn) {
      tags: config.dashboardTags,
      refresh: config.dashboardRefresh,
      links: [link(each) for each in super.links],
      templating+: { list: std.flattenArrays([variables(each) for each in super.list]) },
    }
    for name in std.objectFields(generated)
  },
}
