#!/usr/bin/env python3
"""Writes deploy/mixin/generated: what dashboards/ ships, with placeholders for what the configuration of
the mixin adds. Run it after every change of dashboards/prometheus/*.yml or dashboards/grafana.
"""
import argparse
import json
import pathlib

import yaml

from jsonnet import Code, written
from placeholders import in_annotation, in_legend, in_link, in_query, in_rule, in_variable, insert

SHIPPED = pathlib.Path(__file__).resolve().parents[1]
ALERTS = SHIPPED / "prometheus/connwatch.alerts.yml"
FOLDER = SHIPPED.parent / "deploy/mixin/generated"
NAME_PREFIX = "connwatch / "  # of the titles
# A parameter, null without clusters: jsonnet leaves a field of this name out.
CLUSTER_COLUMN = Code("clusterColumn")


def rules(groups):
    """Of a file of rules."""
    def rule(made):
        made = {**made, "expr": in_rule(made["expr"])}
        if "annotations" in made:
            made["annotations"] = {name: in_annotation(text)
                                   for name, text in made["annotations"].items()}
        return made
    return {"groups": [{**group, "rules": [rule(made) for made in group["rules"]]}
                       for group in groups["groups"]]}


def columns(options):
    """Of a table that shows or hides its column job: the same for the cluster."""
    options = {key: {**value} if isinstance(value, dict) else value for key, value in options.items()}
    if options["excludeByName"].get("job"):
        options["excludeByName"][CLUSTER_COLUMN] = True
    if "job" in options["indexByName"]:
        options["indexByName"][CLUSTER_COLUMN] = len(options["indexByName"])
        options["renameByName"][CLUSTER_COLUMN] = CLUSTER_COLUMN
    return options


def variable(made):
    if made["type"] != "query":
        return made
    query = in_variable(made["query"]["query"], made["multi"])
    return {**made, "query": {**made["query"], "query": query}}


def filled(value, key=None):
    """Anything in a dashboard that stands in the field `key`."""
    special = {"expr": in_query, "legendFormat": in_legend, "titleFormat": in_legend,
               "url": in_link}.get(key)
    if special:
        return special(value)
    if isinstance(value, dict):
        if value.get("id") == "organize":
            return {**value, "options": columns(value["options"])}
        return {name: filled(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner) for inner in value]
    if isinstance(value, str) and ("$job" in value or "${job" in value or "labels.job" in value):
        raise ValueError(f"no placeholder for the cluster in {key}: {value}")
    return value


def dashboard(made):
    if not made["title"].startswith(NAME_PREFIX):
        raise ValueError(f"a title must begin with {NAME_PREFIX}: {made['title']}")
    title = insert(made["title"].removeprefix(NAME_PREFIX), [(0, "namePrefix")])
    variables = [variable(each) for each in made["templating"]["list"]]
    rest = {key: filled(value, key) for key, value in made.items() if key != "templating"}
    return {**rest, "title": title, "templating": {"list": variables}}


def file_of(source, parameters, value):
    return (f"// Written by dashboards/source/mixin.py from {source.name}.\n"
            f"function({', '.join(parameters)}) {written(value)}\n")


def files(alerts):
    """{name: text}. `alerts`: the file that has the alert rules."""
    made = {}
    for name, source in (("alerts", alerts), ("rules", SHIPPED / "prometheus/connwatch.rules.yml")):
        made[f"{name}.libsonnet"] = file_of(source, ["fill"], rules(yaml.safe_load(source.read_text())))
    for source in SHIPPED.glob("grafana/*.json"):
        made[f"{source.stem}.libsonnet"] = file_of(source, ["fill", CLUSTER_COLUMN],
                                                   dashboard(json.loads(source.read_text())))
    return made


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alerts", type=pathlib.Path, default=ALERTS, metavar="FILE",
                        help="alert rules, as connwatchd --print-rules writes them (default: %(default)s)")
    parser.add_argument("--folder", type=pathlib.Path, default=FOLDER,
                        help="where to write (default: %(default)s)")
    options = parser.parse_args()
    for name, text in files(options.alerts).items():
        (options.folder / name).write_text(text)


if __name__ == "__main__":
    main()
