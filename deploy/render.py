#!/usr/bin/env python3
"""Copies the rules and the dashboards into the Helm chart, because a chart can read only its own files, and
writes the plain manifests of deploy/kubernetes from the chart. Run it after a change of any of them. It needs
helm: tools/install-deps deploy."""
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
CHART = ROOT / "deploy/helm/connwatch"
MANIFESTS = ROOT / "deploy/kubernetes"
HEADER = "# deploy/render.py wrote this file from deploy/helm/connwatch. Change the chart, not this file.\n"
# The dashboards are not a part of it: kubectl makes a ConfigMap of dashboards/grafana itself.
MONITORING = ["--set", "monitor.kind=PodMonitor", "--set", "prometheusRule.enabled=true",
              "--show-only", "templates/monitor.yaml", "--show-only", "templates/prometheusrule.yaml"]


def find_helm():
    """Its path; None where it is neither installed nor unpacked."""
    return shutil.which("helm", path=f"{ROOT}/build/testtools/usr/bin:{os.environ['PATH']}")


def chart_files():
    """{path in the tree: text} of what the chart has from elsewhere."""
    rules = [ROOT / f"dashboards/prometheus/connwatch.{kind}.yml" for kind in ("alerts", "rules")]
    dashboards = sorted((ROOT / "dashboards/grafana").glob("*.json"))
    return {**{CHART / "files" / file.name: file.read_text() for file in rules},
            **{CHART / "files/dashboards" / file.name: file.read_text() for file in dashboards}}


def template(*options, release="connwatch", namespace="connwatch"):
    """What the chart makes of these options: text. Raises CalledProcessError."""
    return subprocess.run([find_helm(), "template", release, CHART, "--namespace", namespace, *options],
                          capture_output=True, text=True, check=True).stdout


def manifests():
    """{path in the tree: text} of what the chart makes, with its files as they are."""
    return {MANIFESTS / "connwatch.yaml": HEADER + template(),
            MANIFESTS / "monitoring/monitoring.yaml": HEADER + template(*MONITORING)}


def write(files):
    for path, text in files.items():
        path.write_text(text)


if __name__ == "__main__":
    if not find_helm():
        sys.exit("deploy/render.py: there is no helm: run tools/install-deps deploy")
    write(chart_files())
    write(manifests())
