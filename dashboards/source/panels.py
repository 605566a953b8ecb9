"""The words the dashboards are written in: rows of panels, panels of queries, as Grafana's JSON.

Expressions may use these names, which stand for the matchers of the dashboard's variables:
  HOST      job="$job",instance="$instance"
  LISTENER  HOST and the listeners chosen
  GROUP     HOST, the direction and the groups chosen
  OUTBOUND  HOST, this direction and the groups chosen; INBOUND likewise
  FLEET     the jobs chosen
"""
import re

SCHEMA_VERSION = 42  # of Grafana 12.1 to 13; older ones, back to 10, read it as well
HOST = 'job="$job",instance="$instance"'
MATCHERS = {"HOST": HOST, "FLEET": 'job=~"$job"', "LISTENER": HOST + ',listener=~"$listener"',
            "GROUP": HOST + ',direction=~"$direction",group=~"$group"',
            "OUTBOUND": HOST + ',direction="outbound",group=~"$group"',
            "INBOUND": HOST + ',direction="inbound",group=~"$group"'}
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
# How a dashboard is named in links, and what such a link takes along.
UIDS = {"host": "connwatch-host", "listeners": "connwatch-listeners",
        "quality": "connwatch-quality", "handshakes": "connwatch-handshakes",
        "fleet": "connwatch-fleet", "monitor": "connwatch-monitor"}
RANGE = "${__url_time_range}&${datasource:queryparam}"
GREEN, AMBER, RED, BLUE, GREY = "green", "orange", "red", "blue", "text"


def expand(text):
    return re.sub(rf"\b({'|'.join(MATCHERS)})\b", lambda name: MATCHERS[name[0]], text)


# Queries

def query(expr, legend="", instant=False, form="time_series"):
    """Of a panel over time; with `instant`, of the end of the time range only."""
    return {"expr": expand(expr), "legendFormat": legend, "instant": instant, "range": not instant,
            "format": form, "editorMode": "code", "datasource": DATASOURCE}


def now(expr, legend=""):
    return query(expr, legend, instant=True)


def rows_of(expr):
    """For a table: one row per series."""
    return query(expr, instant=True, form="table")


# Links

def to_daemon(instance="${instance}"):
    return {"title": "The daemon's own page", "url": f"http://{instance}/", "targetBlank": True}


def to_dashboard(name, title, **variables):
    """A link of a field; `variables` say what to choose there, else what is chosen here."""
    chosen = [f"var-{key}={value}" for key, value in variables.items()] or [
        "${job:queryparam}", "${instance:queryparam}"]
    return {"title": title, "url": f"/d/{UIDS[name]}?{'&'.join(chosen)}&{RANGE}",
            "targetBlank": False}


def panel_link(link):
    """The same as a link of a whole panel."""
    return {"icon": "external link", "tooltip": "", "type": "link", "tags": [], "asDropdown": False,
            "includeVars": False, "keepTime": False, **link}


# Panels

def thresholds(*steps, base=GREEN):
    """(value, colour) in ascending order; `base` is the colour below the first."""
    return {"mode": "absolute", "steps": [{"value": None, "color": base}]
            + [{"value": value, "color": colour} for value, colour in steps]}


def panel(kind, title, unit, description, queries, *, width, height, options, defaults,
          overrides=(), links=(), transformations=()):
    """`unit` is one of Grafana's unit ids. `links` leave the panel, and each of its values."""
    made = {"type": kind, "title": title, "description": description, "datasource": DATASOURCE,
            "gridPos": {"x": 0, "y": 0, "w": width, "h": height},
            "fieldConfig": {"defaults": {"unit": unit, "links": list(links), **defaults},
                            "overrides": list(overrides)},
            "options": options,
            "targets": [{"refId": "ABCDEFGH"[i], **target} for i, target in enumerate(queries)]}
    if links:
        made["links"] = [panel_link(link) for link in links if "__field" not in link["url"]
                         and "__data" not in link["url"]]
    if transformations:
        made["transformations"] = list(transformations)
    return made


def timeseries(title, unit, description, queries, *, width=8, height=8, stack=False, most=None,
               log=False, signed=False, lines=None, overrides=(), links=()):
    """`lines`: thresholds drawn as dashed lines. `most`: the end of the axis, which begins at 0 but
    where it is logarithmic or `signed`."""
    custom = {"drawStyle": "line", "lineWidth": 1, "fillOpacity": 30 if stack else 8,
              "showPoints": "auto", "spanNulls": False,
              "stacking": {"mode": "normal" if stack else "none", "group": "A"},
              "scaleDistribution": {"type": "log", "log": 10} if log else {"type": "linear"},
              "thresholdsStyle": {"mode": "dashed" if lines else "off"}}
    defaults = {"custom": custom, "color": {"mode": "palette-classic"},
                "thresholds": lines or thresholds()}
    if not log and not signed:
        defaults["min"] = 0
    if most is not None:
        defaults["max"] = most
    options = {"legend": {"displayMode": "list", "placement": "bottom", "showLegend": True,
                          "calcs": []},
               "tooltip": {"mode": "multi", "sort": "desc"}}
    return panel("timeseries", title, unit, description, queries, width=width, height=height,
                 options=options, defaults=defaults, overrides=overrides, links=links)


def series_style(name, **custom):
    """An override: `name` is the legend or, between slashes, a pattern of it."""
    matcher = {"id": "byRegexp" if name.startswith("/") else "byName", "options": name}
    return {"matcher": matcher, "properties": [
        {"id": "color", "value": {"mode": "fixed", "fixedColor": value}} if key == "color"
        else {"id": f"custom.{key}", "value": value} for key, value in custom.items()]}


def limit_style(name):
    """For the line that a value must not reach."""
    return series_style(name, color=RED, fillOpacity=0, lineWidth=1,
                        lineStyle={"fill": "dash", "dash": [8, 8]})


def stat(title, unit, description, queries, *, width=4, height=4, steps=None, mappings=(), links=(),
         no_value="none", text="auto"):
    options = {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
               "orientation": "auto", "textMode": text, "colorMode": "value", "graphMode": "area",
               "justifyMode": "auto", "wideLayout": True, "showPercentChange": False,
               "percentChangeColorMode": "standard"}
    defaults = {"thresholds": steps or thresholds(base=GREY), "color": {"mode": "thresholds"},
                "mappings": list(mappings), "noValue": no_value}
    return panel("stat", title, unit, description, queries, width=width, height=height,
                 options=options, defaults=defaults, links=links)


def bars(title, unit, description, queries, *, width=8, height=8, steps=None, most=None, links=()):
    """Ranked: the longest bar first."""
    options = {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
               "orientation": "horizontal", "displayMode": "basic", "valueMode": "color",
               "namePlacement": "left", "showUnfilled": True, "sizing": "auto", "minVizWidth": 8,
               "minVizHeight": 16, "maxVizHeight": 48,
               "legend": {"showLegend": False, "displayMode": "list", "placement": "bottom",
                          "calcs": []}}
    defaults = {"thresholds": steps or thresholds(base=BLUE), "color": {"mode": "thresholds"},
                "mappings": [], "min": 0}
    if most is not None:
        defaults["max"] = most
    return panel("bargauge", title, unit, description, queries, width=width, height=height,
                 options=options, defaults=defaults, links=links)


def heatmap(title, unit, description, expr, *, width=24, height=10):
    """Of the buckets of a histogram."""
    target = query(expr, "{{le}}", form="heatmap")
    options = {"calculate": False, "cellGap": 1, "showValue": "never",
               "color": {"mode": "scheme", "scheme": "Spectral", "fill": "dark-orange", "steps": 64,
                         "reverse": True, "exponent": 0.5, "scale": "exponential"},
               "exemplars": {"color": "rgba(255,0,255,0.7)"}, "filterValues": {"le": 1e-9},
               "legend": {"show": True}, "rowsFrame": {"layout": "auto"},
               "tooltip": {"mode": "single", "yHistogram": True, "showColorScale": True},
               "yAxis": {"unit": unit, "axisPlacement": "left", "reverse": False}}
    defaults = {"custom": {"scaleDistribution": {"type": "linear"},
                           "hideFrom": {"legend": False, "tooltip": False, "viz": False}}}
    return panel("heatmap", title, unit, description, [target], width=width, height=height,
                 options=options, defaults=defaults)


def value_mapping(states):
    """{value: (text, colour)}"""
    return {"type": "value", "options": {
        str(value): {"text": text, "color": colour, "index": i}
        for i, (value, (text, colour)) in enumerate(states.items())}}


# An override of a diagnosis: the cause that is none of trouble.
NO_TROUBLE = {"matcher": {"id": "byRegexp", "options": "/deferred_accept/"}, "properties": [
    {"id": "mappings", "value": [value_mapping({1: ("no trouble", BLUE)})]}]}


def state_timeline(title, description, queries, *, states, width=24, height=8, overrides=()):
    """`states`: {value: (text, colour)}"""
    options = {"showValue": "never", "mergeValues": True, "rowHeight": 0.85, "alignValue": "left",
               "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True,
                          "calcs": []},
               "tooltip": {"mode": "single", "sort": "none"}}
    defaults = {"mappings": [value_mapping(states)], "color": {"mode": "thresholds"},
                "thresholds": thresholds(base=GREY),
                "custom": {"fillOpacity": 80, "lineWidth": 0}}
    return panel("state-timeline", title, "none", description, queries, width=width, height=height,
                 options=options, defaults=defaults, overrides=overrides)


# Columns that say nothing to a person.
HIDDEN_COLUMNS = ("Time", "__name__")


def table(title, description, queries, columns, *, width=24, height=8, sort=None, hidden=(),
          overrides=()):
    """`columns`: {column of Grafana: (heading, unit or None for text)}, in order. The value of the
    only query is in column "Value", those of several in "Value #A", "Value #B"; these are joined by
    the labels that all have."""
    transformations = []
    if len(queries) > 1:
        transformations.append({"id": "merge", "options": {}})
    transformations.append({"id": "organize", "options": {
        "excludeByName": {name: True for name in (*HIDDEN_COLUMNS, *hidden)},
        "indexByName": {name: i for i, name in enumerate(columns)},
        "renameByName": {name: heading for name, (heading, _) in columns.items()}}})
    units = [{"matcher": {"id": "byName", "options": heading},
              "properties": [{"id": "unit", "value": unit}]}
             for heading, unit in columns.values() if unit]
    options = {"showHeader": True, "cellHeight": "sm", "frameIndex": 0,
               "sortBy": [{"displayName": sort, "desc": True}] if sort else []}
    defaults = {"thresholds": thresholds(base=GREY), "mappings": [], "noValue": "none",
                "custom": {"align": "auto", "cellOptions": {"type": "auto"}, "inspect": False,
                           "filterable": True}}
    return panel("table", title, "none", description, queries, width=width, height=height,
                 options=options, defaults=defaults, overrides=[*units, *overrides],
                 transformations=transformations)


def column_style(heading, steps=None, links=()):
    """An override: colour by threshold and links of one column."""
    properties = []
    if steps:
        properties += [{"id": "thresholds", "value": steps}, {"id": "color", "value": {
            "mode": "thresholds"}}, {"id": "custom.cellOptions", "value": {"type": "color-text"}}]
    if links:
        properties.append({"id": "links", "value": list(links)})
    return {"matcher": {"id": "byName", "options": heading}, "properties": properties}


# Variables

def datasource_variable():
    return {"name": "datasource", "label": "Prometheus", "type": "datasource",
            "query": "prometheus", "description": "Where the metrics are.", "refresh": 1,
            "multi": False, "includeAll": False, "regex": ""}


def variable(name, label, description, values, *, several=False):
    """`values`: a label_values() query. With `several`, all of them unless some are chosen."""
    made = {"name": name, "label": label, "description": description, "type": "query",
            "datasource": DATASOURCE, "refresh": 2, "sort": 1, "regex": "", "multi": several,
            "includeAll": several,
            "query": {"query": expand(values), "qryType": 5,
                      "refId": "PrometheusVariableQueryEditor-VariableQuery"}}
    if several:
        made["allValue"] = ".*"
        made["current"] = {"selected": True, "text": ["All"], "value": ["$__all"]}
    return made


def host_variables():
    return [datasource_variable(),
            variable("job", "Job", "The scrape job of connwatch.",
                     "label_values(connwatch_build_info, job)"),
            variable("instance", "Host", "The daemon, as Prometheus reaches it.",
                     'label_values(connwatch_build_info{job="$job"}, instance)')]


# Annotations

# The severities of alerts, and the colours of their marks.
SEVERITIES = {"critical": RED, "warning": AMBER, "info": BLUE}


def mark(name, title, text, colour, expr):
    """Where `expr` has a series. Its value must be above 0, because Grafana marks no other values.
    `expr` should look at all of $__interval, the time between two points: if the time range is a
    day, this is a minute or more, and what is shorter would have no mark otherwise."""
    return {"name": name, "enable": True, "hide": False, "iconColor": colour,
            "datasource": DATASOURCE, "titleFormat": title, "textFormat": text,
            "target": {"refId": "Anno", "expr": expand(expr)}}


def firing_alerts(*subjects):
    """Marks when alerts of the daemon fired; with `subjects`, matchers of the label `subject`, only
    those that the dashboard is about."""
    about = "".join(f",subject{matcher}" for matcher in subjects)
    return [mark(f"{severity} alerts", "{{alert}}", "{{severity}}: {{subject}}", colour,
                 "max_over_time(connwatch_alert_firing"
                 f'{{HOST,severity="{severity}"{about}}}[$__interval]) == 1')
            for severity, colour in SEVERITIES.items()]


def hosts_with_alerts():
    """The same for many hosts, from what is recorded: which hosts had alerts of a severity."""
    return [mark(f"{severity} alerts", "{{instance}}", "has {{severity}} alerts", colour,
                 "max_over_time(instance_severity:connwatch_alert_firing:sum"
                 f'{{FLEET,severity="{severity}"}}[$__interval]) > 0')
            for severity, colour in SEVERITIES.items()]


def incomplete_totals():
    """Marks when the totals of connections lacked some, so that their rates are too low."""
    return mark("totals too low", "Totals too low",
                "connwatch did not see how every connection ended", AMBER,
                "1 - min_over_time(connwatch_totals_exact{HOST}[$__interval]) > 0")


# Dashboards

def row(question, *panels):
    return question, panels


def place(rows):
    """The panels of all rows, one after another in lines of 24 columns, with ids in this order."""
    placed, y = [], 0
    for question, panels in rows:
        placed.append({"type": "row", "title": question, "collapsed": False, "panels": [],
                       "gridPos": {"x": 0, "y": y, "w": 24, "h": 1}})
        x, y, tallest = 0, y + 1, 0
        for made in panels:
            at = made["gridPos"]
            if x + at["w"] > 24:
                x, y, tallest = 0, y + tallest, 0
            placed.append({**made, "gridPos": {**at, "x": x, "y": y}})
            x, tallest = x + at["w"], max(tallest, at["h"])
        y += tallest
    return [{"id": i, **made} for i, made in enumerate(placed, 1)]


def dashboard(name, title, description, variables, rows, *, annotations=(), links=()):
    siblings = {"title": "connwatch", "type": "dashboards", "tags": ["connwatch"], "icon": "",
                "tooltip": "", "asDropdown": False, "includeVars": True, "keepTime": True,
                "targetBlank": False}
    return {"uid": UIDS[name], "title": title, "description": description, "tags": ["connwatch"],
            "schemaVersion": SCHEMA_VERSION, "version": 1, "editable": True, "graphTooltip": 1,
            "time": {"from": "now-1h", "to": "now"}, "refresh": "30s", "timezone": "browser",
            "links": [siblings, *(panel_link(link) for link in links)],
            "templating": {"list": variables}, "annotations": {"list": list(annotations)},
            "panels": place(rows)}
