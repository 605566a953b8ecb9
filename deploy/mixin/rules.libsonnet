// prometheusAlerts and prometheusRules.
local fill = import 'fill.libsonnet';

// A text of several lines has a newline at its end here, but not in what dashboards/ ships.
local withRules(file, change) = {
  groups: [
    group { rules: [change(rule { expr: std.rstripChars(super.expr, '\n') }) for rule in super.rules] }
    for group in file.groups
  ],
};

{
  local config = self._config,

  prometheusAlerts+:: {
    local withRunbook(alert) =
      if config.runbookURLPattern == null then alert else alert {
        annotations+: { runbook_url: std.strReplace(config.runbookURLPattern, '%s', alert.alert) },
      },
    groups+: withRules((import 'generated/alerts.libsonnet')(fill(config), null), withRunbook).groups,
  },

  prometheusRules+:: {
    groups+: withRules((import 'generated/rules.libsonnet')(fill(config), null), function(rule) rule).groups,
  },
}
