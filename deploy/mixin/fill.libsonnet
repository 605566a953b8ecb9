// What the placeholders in generated/ stand for. Most stand for nothing unless something is configured.
function(config)
  local selector = if config.selector == '' then [] else [config.selector];
  local ifClusters(text) = if config.showMultiCluster then text else '';
  local label = config.clusterLabel;
  local chosen(matcher) = if config.showMultiCluster then [label + matcher] else [];
  local beforeOthers(matchers) = std.join('', [matcher + ',' for matcher in matchers]);
  local alone(matchers) = if matchers == [] then '' else '{' + std.join(',', matchers) + '}';

  local placeholders = {
    // In selectors of PromQL.
    selector: beforeOthers(selector),
    selectorAlone: alone(selector),
    cluster: beforeOthers(chosen('="$cluster"')),
    clusters: beforeOthers(chosen('=~"$cluster"')),
    // The variable job of a dashboard offers the jobs of the cluster, or of the clusters, chosen.
    ofCluster: alone(selector + chosen('="$cluster"')),
    ofClusters: alone(selector + chosen('=~"$cluster"')),
    // In lists of labels, as by (...) and on (...).
    labels: ifClusters(label + ', '),

    // In annotations of alerts, whose template has PromQL as the format of a printf.
    selectorInPrintf: std.strReplace(beforeOthers(selector), '%', '%%'),
    clusterInPrintf: ifClusters(label + '=%q,'),
    clusterOfAlert: ifClusters('$labels.' + label + ' '),

    // In dashboards.
    namePrefix: config.dashboardNamePrefix,
    clusterInLegend: ifClusters('{{' + label + '}} '),
    chosenInLink: ifClusters('${cluster:queryparam}&'),
    seriesInLink: ifClusters('var-cluster=${__field.labels.' + label + '}&'),
    rowInLink: ifClusters('var-cluster=${__data.fields.' + label + '}&'),
  };

  // jsonnet computes an element of an array once, but a field of an object wherever it is used.
  local values = [['<<' + name + '>>', placeholders[name]] for name in std.objectFields(placeholders)];
  local replace(text, value) = std.strReplace(text, value[0], value[1]);
  function(text) std.foldl(replace, values, text)
