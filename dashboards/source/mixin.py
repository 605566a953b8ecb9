#!/usr/bin/env python3
"""Writes deploy/mixin/generated: what dashboards/ ships, with placeholders for what the configuration of
the mixin adds. Run it after every change of dashboards/prometheus/*.yml or dashboards/grafana.

  dashboards/source/mixin.py [FOLDER]
"""
import json
import pathlib
import sys

import yaml

from jsonnet import Code, written
from placeholders import in_annotation, in_legend, in_link, in_query, in_rule, in_variable, insert

SHIPPED = pathlib.Path(__file__).resolve().parents[1]
FOLDER = SHIPPED.parent / "deploy/mixin/generated"
NAME_PREFIX = "connwatch / "  # of the titles
CLUSTER_COLUMN = Code("clusterColumn")  # null without clusters: jsonnet leaves such a field out


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
    special = {"expr": in_query, "legendFormat": in_legend, "url": in_link}.get(key)
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


def file_of(source, value):
    return (f"// Written by dashboards/source/mixin.py from {source.relative_to(SHIPPED.parent)}.\n"
            f"function(fill, clusterColumn) {written(value)}\n")


def files():
    """{name: text}"""
    made = {}
    for source in SHIPPED.glob("prometheus/connwatch.*.yml"):
        name = source.name.removeprefix("connwatch.").removesuffix(".yml")
        made[f"{name}.libsonnet"] = file_of(source, rules(yaml.safe_load(source.read_text())))
    for source in SHIPPED.glob("grafana/*.json"):
        made[f"{source.stem}.libsonnet"] = file_of(source, dashboard(json.loads(source.read_text())))
    return made


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    for name, text in files().items():
        (folder / name).write_text(text)
