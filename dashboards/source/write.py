#!/usr/bin/env python3
"""Writes the dashboards to dashboards/grafana. Run it after every change in this folder."""
import json
import pathlib

import connection_quality
import fleet
import handshakes
import host_overview
import listeners
import monitor

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "grafana"
MODULES = (host_overview, listeners, connection_quality, handshakes, fleet, monitor)


def files():
    """{name: text}"""
    return {f"{module.__name__}.json": json.dumps(module.DASHBOARD, indent=2) + "\n"
            for module in MODULES}


if __name__ == "__main__":
    for name, text in files().items():
        (FOLDER / name).write_text(text)
