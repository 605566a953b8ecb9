#!/usr/bin/python3
"""Draws a dashboard whose targets have their series: dashboard_picture.py DATA.json PICTURE.png"""
import json
import math
import re
import sys

import matplotlib
from PIL import Image

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402
from matplotlib.ticker import FuncFormatter  # noqa: E402

LEGENDS = 8  # at most, of a panel
COLUMN, LINE = 0.72, 0.40  # inches of a column and a line of Grafana's grid
PALETTE = ("#73bf69", "#f2cc0c", "#5794f2", "#ff9830", "#f2495c", "#b877d9", "#37872d", "#8ab8ff",
           "#fa6400", "#c4162a", "#1f60c4", "#8f3bb8")
COLOURS = {"green": "#37872d", "orange": "#e0752d", "red": "#c4162a", "blue": "#1f60c4",
           "text": "#333333", "transparent": "#eeeeee"}
SCALES = {"bytes": (1024, (" B", " KiB", " MiB", " GiB")),
          "Bps": (1000, (" B/s", " kB/s", " MB/s", " GB/s")),
          "short": (1000, ("", " K", " Mil")), "none": (1000, ("", " K", " Mil")),
          "cps": (1000, ("/s", " K/s", " M/s")), "pps": (1000, (" p/s", " kp/s", " Mp/s"))}


def show(value, unit):
    """As Grafana would, roughly."""
    if unit == "percentunit":
        return f"{100 * value:.3g} %"
    if unit == "s":
        for factor, name in ((1, "s"), (1e3, "ms"), (1e6, "µs")):
            if abs(value) * factor >= 1:
                return f"{value * factor:.3g} {name}"
        return f"{value:.3g} s"
    base, names = SCALES[unit]
    step = 0
    while abs(value) >= base and step + 1 < len(names):
        value, step = value / base, step + 1
    return f"{value:.3g}{names[step]}"


def legend(target, series):
    text = re.sub(r"\{\{(\w+)\}\}", lambda name: series["metric"].get(name[1], ""),
                  target["legendFormat"])
    return text or ", ".join(series["metric"].values())


def all_series(panel):
    return [(legend(target, one), one) for target in panel["targets"] for one in target["series"]]


def points_of(one, begin):
    """[(seconds since `begin`, value)]"""
    return [(at - begin, float(text)) for at, text in one["values"]]


def points(one, begin):
    """The same as seconds and values."""
    return list(zip(*points_of(one, begin)))


def colour(steps, value):
    return COLOURS.get([step["color"] for step in steps
                        if step["value"] is None or value >= step["value"]][-1], "#333333")


def overridden(panel, name):
    """[(what, value)] that the panel says about the series `name` only."""
    found = []
    for override in panel["fieldConfig"]["overrides"]:
        kind, pattern = override["matcher"]["id"], override["matcher"]["options"]
        if name == pattern or kind == "byRegexp" and re.search(pattern.strip("/"), name):
            found += [(entry["id"], entry["value"]) for entry in override["properties"]]
    return dict(found)


def mapped(panel, value, name=""):
    """What the panel says instead of the value of the series `name`."""
    mappings = overridden(panel, name).get(
        "mappings", panel["fieldConfig"]["defaults"].get("mappings", ()))
    for mapping in mappings:
        found = mapping["options"].get(f"{value:g}")
        if found:
            return found
    return None


class Picture:
    def __init__(self, dashboard):
        self.panels = dashboard["panels"]
        self.rows = max(p["gridPos"]["y"] + p["gridPos"]["h"] for p in self.panels) + 1
        self.figure = pyplot.figure(figsize=(24 * COLUMN, self.rows * LINE), dpi=70)
        self.figure.text(0.01, 1 - 0.5 / self.rows, dashboard["title"], fontsize=15, weight="bold",
                         va="center")
        times = [at for p in self.panels for t in p.get("targets", ()) for one in t["series"]
                 for at, _ in one["values"]]
        self.begin, self.end = min(times), max(times)
        self.marks = [(one["values"][0][0] - self.begin, COLOURS[made["iconColor"]])
                      for made in dashboard["annotations"]["list"]
                      for one in made["target"]["series"]]

    def axes(self, panel, left=0.9, below=0.9, right=0.2, top=1.0):
        """Within the panel, with margins in columns and lines of the grid."""
        at = panel["gridPos"]
        y = self.rows - 1 - at["y"] - at["h"]
        axes = self.figure.add_axes(((at["x"] + left) / 24, (y + below) / self.rows,
                                     (at["w"] - left - right) / 24,
                                     (at["h"] - below - top) / self.rows))
        axes.set_title(panel["title"], fontsize=9, loc="left", weight="bold", x=0 if left < 0.5 else
                       -left / (at["w"] - left - right) * 0.8)
        axes.tick_params(labelsize=7)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        return axes

    def of_time(self, axes):
        axes.set_xlim(0, self.end - self.begin)
        axes.xaxis.set_major_formatter(FuncFormatter(
            lambda at, _: f"{int(at) // 60}:{int(at) % 60:02}"))

    @staticmethod
    def legend(axes, found, columns):
        """Below the axes, of the largest."""
        largest = sorted(found, key=lambda item: -max(points(item[1], 0)[1]))[:LEGENDS]
        shown = {name for name, _ in largest}
        handles = [(handle, name) for handle, name in zip(*axes.get_legend_handles_labels())
                   if name in shown]
        left_out = len(found) - len(handles)
        axes.legend(*zip(*handles), fontsize=7, loc="upper left", bbox_to_anchor=(-0.08, -0.1),
                    ncol=columns, frameon=False, labelspacing=0.2, columnspacing=1,
                    handlelength=1.2, alignment="left", title_fontsize=7,
                    title=f"and {left_out} smaller ones" if left_out > 0 else None)

    def row(self, panel):
        y = self.rows - 1 - panel["gridPos"]["y"] - 0.5
        self.figure.text(0.01, y / self.rows, panel["title"], fontsize=11, color="#1f60c4",
                         va="center")

    def timeseries(self, panel):
        defaults = panel["fieldConfig"]["defaults"]
        custom, unit, found = defaults["custom"], defaults["unit"], all_series(panel)
        longest = max(len(name) for name, _ in found)
        columns = max(1, int(panel["gridPos"]["w"] * 10 / (longest + 6)))
        lines = math.ceil(min(len(found), LEGENDS) / columns) + (len(found) > LEGENDS)
        axes = self.axes(panel, below=0.9 + 0.4 * lines)
        if custom["stacking"]["mode"] == "normal":
            times = sorted({at for _, one in found for at, _ in points_of(one, self.begin)})
            heights = [[dict(points_of(one, self.begin)).get(at, 0) for at in times]
                       for _, one in found]
            axes.stackplot(times, heights, labels=[name for name, _ in found], colors=PALETTE,
                           alpha=0.7)
        else:
            for i, (name, one) in enumerate(found):
                style = overridden(panel, name)
                own = COLOURS.get(style.get("color", {}).get("fixedColor"))
                axes.plot(*points(one, self.begin), label=name,
                          color=own or PALETTE[i % len(PALETTE)],
                          linestyle="--" if "custom.lineStyle" in style else "-", linewidth=1.2,
                          marker="." if len(one["values"]) < 10 else None)
        if custom["scaleDistribution"]["type"] == "log":
            axes.set_yscale("symlog", linthresh=1e-5) if unit == "s" else axes.set_yscale("symlog")
        if custom["thresholdsStyle"]["mode"] != "off":
            for step in defaults["thresholds"]["steps"][1:]:
                axes.axhline(step["value"], color=COLOURS[step["color"]], linestyle="--",
                             linewidth=0.8)
        if "min" in defaults:
            low = min(0, *(value for _, one in found for value in points(one, 0)[1]))
            high = axes.get_ylim()[1]
            axes.set_ylim(low - 0.03 * (high - low), high)  # so that a line at 0 is seen
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: show(value, unit)))
        axes.grid(alpha=0.3)
        for at, tint in self.marks:
            axes.axvline(at, color=tint, linewidth=0.8, alpha=0.6)
        self.of_time(axes)
        self.legend(axes, found, columns)

    def stat(self, panel):
        axes = self.axes(panel, left=0.3, below=0.2)
        axes.axis("off")
        defaults, found = panel["fieldConfig"]["defaults"], all_series(panel)
        for i, (name, one) in enumerate(found):
            value = float(one["values"][-1][1])
            text, tint = (show(value, defaults["unit"]),
                          colour(defaults["thresholds"]["steps"], value))
            if mapped(panel, value):
                text, tint = (mapped(panel, value)["text"], COLOURS[mapped(panel, value)["color"]])
            if len(found) > 1:
                text = f"{name}: {text}"
            axes.text(0.5, 1 - (i + 0.5) / len(found), text, ha="center", va="center",
                      fontsize=20 if len(found) == 1 else 13, weight="bold", color=tint)

    def bargauge(self, panel):
        axes = self.axes(panel, left=panel["gridPos"]["w"] * 0.35)
        defaults = panel["fieldConfig"]["defaults"]
        found = [(name, float(one["values"][-1][1])) for name, one in all_series(panel)]
        for i, (name, value) in enumerate(found):
            axes.barh(i, value, color=colour(defaults["thresholds"]["steps"], value), height=0.6)
            axes.text(value, i, " " + show(value, defaults["unit"]), va="center", fontsize=8)
        axes.set_yticks(range(len(found)), [name for name, _ in found], fontsize=7)
        axes.invert_yaxis()
        axes.set_xlim(0, defaults.get("max", 1.2 * max(value for _, value in found) or 1))
        axes.set_xticks([])

    def heatmap(self, panel):
        axes = self.axes(panel, left=1.5)
        found = sorted((float(one["metric"]["le"].replace("+Inf", "inf")), one)
                       for one in panel["targets"][0]["series"])
        times = sorted({at for _, one in found for at, _ in points_of(one, self.begin)})
        counts = [[dict(points_of(one, self.begin)).get(at, math.nan) for at in times]
                  for _, one in found]
        cells = [[value - (counts[i - 1][k] if i else 0) for k, value in enumerate(line)]
                 for i, line in enumerate(counts)]
        cells = [[value if value > 0.01 else math.nan for value in line] for line in cells]
        mesh = axes.pcolormesh(times, range(len(found)), cells, cmap="Spectral_r",
                               shading="nearest")
        axes.set_yticks(range(len(found)), [show(le, "s") if math.isfinite(le) else "+Inf"
                                            for le, _ in found])
        self.figure.colorbar(mesh, ax=axes, pad=0.01).ax.tick_params(labelsize=7)
        self.of_time(axes)

    def state_timeline(self, panel):
        found = sorted(all_series(panel), key=lambda item: item[0])
        axes = self.axes(panel, left=max(2.6, 0.12 * max(len(name) for name, _ in found)))
        for i, (name, one) in enumerate(found):
            times, values = points(one, self.begin)
            step = min((b - a for a, b in zip(times, times[1:])), default=1)
            for at, value in zip(times, values):
                axes.broken_barh([(at, step)], (i - 0.4, 0.8), linewidth=0,
                                 facecolors=COLOURS[mapped(panel, value, name)["color"]])
        axes.set_yticks(range(len(found)), [name for name, _ in found], fontsize=7)
        axes.invert_yaxis()
        self.of_time(axes)

    def table(self, panel):
        axes = self.axes(panel, left=0.3, below=0.2)
        axes.axis("off")
        organize = panel["transformations"][-1]["options"]
        units = {override["matcher"]["options"]: entry["value"]
                 for override in panel["fieldConfig"]["overrides"]
                 for entry in override["properties"] if entry["id"] == "unit"}
        columns = organize["renameByName"]
        cells = []
        lines = list(self.merged(panel))
        for sort in panel["options"]["sortBy"]:
            column = {heading: name for name, heading in columns.items()}[sort["displayName"]]
            lines.sort(key=lambda line: line.get(column, -1), reverse=sort["desc"])
        for line in lines:
            cells.append([])
            for column, heading in columns.items():
                value = line.get(column, "")
                if isinstance(value, float):
                    value = show(value, units.get(heading, "none"))
                cells[-1].append(value)
        room = int((panel["gridPos"]["h"] - 1.3) / 0.6)
        if len(cells) >= room:
            left_out = len(cells) - room + 2
            cells[room - 2:] = [[f"and {left_out} more"] + [""] * (len(columns) - 1)]
        table = axes.table(cells, colLabels=list(columns.values()), loc="upper left",
                           edges="horizontal", cellLoc="left", colLoc="left")
        table.auto_set_font_size(False)
        table.set_fontsize(8)
        for (line, _), cell in table.get_celld().items():
            cell.set_height(1 / room)
            cell.PAD = 0.01
            if line == 0:
                cell.get_text().set_weight("bold")

    @staticmethod
    def merged(panel):
        """Rows with the same labels become one, as Grafana's "merge" has it."""
        several = len(panel["targets"]) > 1
        keys = set.intersection(*(set(one["metric"]) for target in panel["targets"]
                                  for one in target["series"]))
        lines = {}
        for target in panel["targets"]:
            for one in target["series"]:
                key = (tuple(sorted((label, one["metric"][label]) for label in keys)) if several
                       else len(lines))
                line = lines.setdefault(key, {})
                line.update(one["metric"])
                value = f"Value #{target['refId']}" if several else "Value"
                line[value] = float(one["values"][-1][1])
        return lines.values()


def main(data, path):
    with open(data, encoding="utf-8") as file:
        dashboard = json.load(file)
    picture = Picture(dashboard)
    for panel in dashboard["panels"]:
        getattr(picture, panel["type"].replace("-", "_"))(panel)
    picture.figure.savefig(path)
    # A palette is enough for lines and text, and makes a small file.
    Image.open(path).convert("RGB").quantize(96).save(path, optimize=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
