// The value and the time of a chart at the pointer, or where the arrow keys lead while the chart
// has the focus.

class ChartReader {
  // `chart`: an SVG element, as wide as what it shows.
  constructor(chart, format) {
    this.chart = chart;
    this.format = format;
    this.points = [];  // {time, value, share}: the share of the chart's width
    this.time = null;  // of the point that is read
    this.mark = element("span", {class: "reading-mark", hidden: ""});
    this.words = element("span", {class: "reading", "aria-live": "polite", hidden: ""});
    this.node = element("span", {class: "chart"}, chart, this.mark, this.words);
    setAttribute(chart, "tabindex", "0");
    chart.addEventListener("pointermove", (event) => this.point(event));
    chart.addEventListener("pointerleave", () => this.read(null));
    chart.addEventListener("keydown", (event) => this.onKey(event));
    chart.addEventListener("blur", () => this.read(null));
  }

  update(points) {
    this.points = points;
    if (this.time === null) return;
    const time = this.time;
    this.read(nearest(points, (point) => Math.abs(point.time - time)));
  }

  point(event) {
    const box = this.chart.getBoundingClientRect();
    const share = (event.clientX - box.left) / box.width;
    this.read(nearest(this.points, (point) => Math.abs(point.share - share)));
  }

  onKey(event) {
    const last = this.points.length - 1;
    const at = this.points.findIndex((point) => point.time === this.time);
    const next = {
      ArrowLeft: at < 0 ? last : at - 1, ArrowRight: at < 0 ? last : at + 1, Home: 0, End: last,
    }[event.key];
    if (event.key === "Escape") this.read(null);
    if (next === undefined) return;
    event.preventDefault();
    this.read(this.points[Math.max(0, Math.min(last, next))] ?? null);
  }

  read(point) {
    this.time = point?.time ?? null;
    show(this.mark, point !== null);
    show(this.words, point !== null);
    if (point === null) return;
    setText(this.words, `${timeText(point.time)}: ${this.format(point.value)}`);
    this.mark.style.left = `${point.share * 100}%`;
    // It stays within the chart.
    this.words.style.left = point.share < 0.5 ? `${point.share * 100}%` : "auto";
    this.words.style.right = point.share < 0.5 ? "auto" : `${100 - point.share * 100}%`;
  }
}

// The item whose distance is least; null if there is none.
function nearest(items, distanceOf) {
  return items.reduce((best, item) =>
    (best === null || distanceOf(item) < distanceOf(best) ? item : best), null);
}
