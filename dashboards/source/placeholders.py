"""Puts placeholders into texts, where the configuration of the mixin may add something.

deploy/mixin/fill.libsonnet says what each placeholder stands for. A text without a placeholder stays a
plain string. Everything here raises ValueError if it cannot tell where a placeholder belongs.
"""
import re

from promql import LabelList, Selector, parts

# The matcher of a dashboard that chooses one job, or several. A cluster is chosen in the same way.
CHOSEN_JOB = {'job="$job"': "cluster", 'job=~"$job"': "clusters"}
# Of the template of an annotation: with printf `EXPRESSION` $labels.job ... | query
QUERY = re.compile(r"printf `([^`]*)` ((?:\$labels\.\w+ )+)\| query")
# Of a link: what it takes along to another dashboard. A job is nothing without its cluster.
TAKES_ALONG = {"${job:queryparam}": "chosenInLink", "var-job=${__field.labels.job}": "seriesInLink",
               "var-job=${__data.fields.job}": "rowInLink"}


class Template(str):
    """A text with placeholders, each written <<name>>."""


def insert(text, places):
    """`places`: [(offset, name of the placeholder)]"""
    if not places:
        return text
    made, begin = "", 0
    for offset, name in sorted(places, key=lambda place: place[0]):
        made += f"{text[begin:offset]}<<{name}>>"
        begin = offset
    return Template(made + text[begin:])


def is_exported(metric):
    """By a target that is scraped. Others come from rules, so from metrics that were selected there."""
    return ":" not in metric and metric != "ALERTS"


def of_selector(selector):
    """Where the configured matchers go, if the metric is exported."""
    if not is_exported(selector.metric):
        return []
    if selector.braces is None:
        return [(selector.after_name, "selectorAlone")]
    return [(selector.braces[0], "selector")]


def in_rule(expression):
    """An expression of a rule. Every aggregation and match keeps the cluster."""
    places = []
    for part in parts(expression):
        if isinstance(part, Selector):
            places += of_selector(part)
        elif part.keyword in ("by", "on"):
            if "job" not in part.labels:
                raise ValueError(f"{part.keyword} (...) must have job, or mixes hosts: {expression}")
            places.append((part.begin, "labels"))
        elif part.keyword == "" or part.keyword == "without" and "job" in part.labels:
            raise ValueError(f"an aggregation must keep job, by `by` or `without` before its "
                             f"parentheses: {expression}")
    return insert(expression, places)


def in_query(expression):
    """An expression of a dashboard, whose variables choose the cluster."""
    places = []
    for part in parts(expression):
        if isinstance(part, LabelList):
            if part.keyword in ("by", "on") and part.labels & {"job", "instance"}:
                places.append((part.begin, "labels"))
            continue
        matchers = expression[slice(*part.braces)].split(",") if part.braces else []
        chosen = [name for matcher, name in CHOSEN_JOB.items() if matcher in matchers]
        if len(chosen) != 1:
            raise ValueError(f"{part.metric} must be of the job that is chosen: {expression}")
        places += of_selector(part) + [(part.braces[0], chosen[0])]
    return insert(expression, places)


def in_variable(query, several):
    """label_values(...) of a dashboard. The variable job chooses among the targets of a cluster."""
    selector, label = re.fullmatch(r"label_values\((.*), (\w+)\)", query).groups()
    if label != "job":
        filled = in_query(selector)
        return Template(f"label_values({filled}, {label})")
    if re.search(r"\W", selector):
        raise ValueError(f"not the name of a metric: {query}")
    return Template(f"label_values({selector}<<{'ofClusters' if several else 'ofCluster'}>>, job)")


def in_annotation(text):
    """The template of an alert's annotation, which may query Prometheus."""
    places = []
    for found in QUERY.finditer(text):
        expression, arguments = found.groups()
        for part in parts(expression):
            if not isinstance(part, Selector) or not part.braces or "job=%q" not in expression:
                raise ValueError(f"a query of an annotation must be METRIC{{job=%q,...}}: {expression}")
            begin = found.start(1) + part.braces[0]
            places += [(begin, "selectorInPrintf"),
                       (found.start(1) + expression.index("job=%q"), "clusterInPrintf")]
        places.append((found.start(2) + arguments.index("$labels.job"), "clusterOfAlert"))
    if len(QUERY.findall(text)) != len(re.findall(r"\bquery\b", text)):
        raise ValueError(f"a query of an unknown form: {text}")
    return insert(text, places)


def in_legend(text):
    """Hosts of several clusters may have the same name."""
    return insert(text, [(found.start(), "clusterInLegend")
                         for found in re.finditer(r"\{\{instance\}\}", text)])


def in_link(url):
    return insert(url, [(found.start(), name) for text, name in TAKES_ALONG.items()
                        for found in re.finditer(re.escape(text), url)])
