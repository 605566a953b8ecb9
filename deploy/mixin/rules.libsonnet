// prometheusAlerts and prometheusRules.
local fill = import 'fill.libsonnet';

// An expression of several lines ends with a newline in generated/, but not in what dashboards/ ships.
local withoutNewline(rule) = rule { expr: std.rstripChars(super.expr, '\n') };

local groupsOf(file, change) = [
  group { rules: [change(withoutNewline(rule)) for rule in super.rules] }
  for group in file.groups
];

{
  local config = self._config,

  prometheusAlerts+:: {
    local withRunbook(alert) =
      if config.runbookURLPattern == null then alert else alert {
        annotations+: { runbook_url: std.strReplace(config.runbookURLPattern, '%s', alert.alert) },
      },
    groups+: groupsOf((import 'generated/alerts.libsonnet')(fill(config)), withRunbook),
  },

  prometheusRules+:: {
    local asItIs(rule) = rule,
    groups+: groupsOf((import 'generated/rules.libsonnet')(fill(config)), asItIs),
  },
}
