// What can be configured, with the defaults. With these the mixin is exactly what dashboards/ ships.
local check = import 'check.libsonnet';

{
  _config+:: {
    // Matchers of labels, as between the braces of PromQL: 'job="connwatch",env=~"prod|stage"'. They are
    // added wherever a rule or a dashboard selects what a target exports, so everything is about these
    // targets only. What the rules record, and the alerts, are made of that, and are selected as before.
    selector: '',

    // If true, hosts of several clusters do not mix, even if they have the same job and instance: rules
    // keep the label of the cluster, dashboards have a variable for it, and every query filters by it.
    // Every series that a target exports should then have this label.
    showMultiCluster: false,
    clusterLabel: 'cluster',

    // The annotation runbook_url of every alert, with the alert's name for %s, for example
    // 'https://wiki.example/connwatch/%s'. With null, alerts have the annotations that dashboards/ ships.
    runbookURLPattern: null,

    // What titles of dashboards begin with.
    dashboardNamePrefix: 'connwatch / ',
    // The links at the top of a dashboard lead to all dashboards that have all these tags.
    dashboardTags: ['connwatch'],
    // How often a dashboard loads its data again; '' for never.
    dashboardRefresh: '30s',
    // Which data sources a dashboard offers: those whose name matches, as '/^prod-/'; '' for all.
    datasourceFilterRegex: '',

    assert check.isSelector(self.selector) :
           'selector must be matchers as \'job="connwatch"\', without braces and backquotes',
    assert std.isBoolean(self.showMultiCluster) : 'showMultiCluster must be true or false',
    assert check.isLabel(self.clusterLabel) : 'clusterLabel must be the name of a label',
    assert check.isPattern(self.runbookURLPattern) :
           'runbookURLPattern must be null, or a URL with %s for the name of the alert',
    assert std.isString(self.dashboardNamePrefix) : 'dashboardNamePrefix must be a string',
    assert check.isTags(self.dashboardTags) : 'dashboardTags must be strings, at least one',
    assert std.isString(self.dashboardRefresh) : 'dashboardRefresh must be a string, as "30s"',
    assert std.isString(self.datasourceFilterRegex) : 'datasourceFilterRegex must be a string',
  },
}
