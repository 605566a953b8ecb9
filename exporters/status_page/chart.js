// Drawings: a line over the last ten minutes, a bar against its limit, a histogram.

const SPARK = {width: 120, height: 30, gapSeconds: 20};

// The last `span` seconds of a number, from 0 to its largest. Points are {time, value}; where two
// of them are far apart the line is broken: nothing is known in between. `about` says which time
// that is.
class Sparkline {
  constructor(format, about = "Last ten minutes") {
    this.format = format;
    this.about = about;
    const base = shape("path", {class: "base", d: `M0 ${SPARK.height}H${SPARK.width}`});
    this.area = shape("path", {class: "area"});
    this.line = shape("path", {class: "line"});
    this.moment = shape("path", {class: "moment"});
    this.drawing = shape("svg", {
      class: "spark", role: "img", preserveAspectRatio: "none",
      viewBox: `0 -1.5 ${SPARK.width} ${SPARK.height + 3}`,
    }, base, this.area, this.line, this.moment);
    this.reader = new ChartReader(this.drawing, format);
    this.node = this.reader.node;
    this.update([], 0, 600);
  }

  update(points, now, span, least = 1e-9) {
    const top = Math.max(least, ...points.map((point) => point.value));
    const x = (time) => ((time - now) / span + 1) * SPARK.width;
    const y = (value) => SPARK.height * (1 - value / top);
    let line = "";
    let area = "";
    for (const run of runsOf(points)) {
      const path = run.map((point) => `${x(point.time).toFixed(2)} ${y(point.value).toFixed(2)}`);
      if (path.length === 1) path.push(path[0]);
      line += `M${path.join("L")}`;
      area += `M${x(run[0].time).toFixed(2)} ${SPARK.height}L${path.join("L")}` +
        `L${x(run[run.length - 1].time).toFixed(2)} ${SPARK.height}Z`;
    }
    setAttribute(this.line, "d", line);
    setAttribute(this.area, "d", area);
    setAttribute(this.drawing, "aria-label", this.describe(points));
    this.reader.update(points.map((point) => ({...point, share: x(point.time) / SPARK.width})));
  }

  // Marks a moment with a line: at `share` of the width.
  markMoment(share) {
    const x = (share * SPARK.width).toFixed(2);
    setAttribute(this.moment, "d", `M${x} -1.5V${SPARK.height + 1.5}`);
  }

  describe(points) {
    if (points.length === 0) return "No history yet";
    const values = points.map((point) => point.value);
    const [low, high] = [Math.min(...values), Math.max(...values)].map(this.format);
    return `${this.about}: lowest ${low}, highest ${high}`;
  }
}

function runsOf(points) {
  const runs = [];
  let latest = -Infinity;
  for (const point of points) {
    if (point.time - latest > SPARK.gapSeconds) runs.push([]);
    runs[runs.length - 1].push(point);
    latest = point.time;
  }
  return runs;
}

// The samples of the history that have the number, as points.
function pointsOf(history, numberOf) {
  return history.samples
    .map((sample) => ({time: sample.timestamp_seconds, value: numberOf(sample)}))
    .filter((point) => point.value !== null && point.value !== undefined);
}

// A sparkline with its latest and its largest value in words.
class Figure {
  constructor(figure, format) {
    this.format = format;
    this.spark = new Sparkline(format);
    this.note = element("p", {class: "peak-note"});
    figure.append(this.spark.node, this.note);
  }

  update(history, numberOf, least) {
    const points = pointsOf(history, numberOf);
    const newest = history.samples.length > 0 ? history.samples[history.samples.length - 1] : null;
    this.spark.update(points, newest?.timestamp_seconds ?? 0, history.span_seconds, least);
    setText(this.note, this.noteOn(points));
  }

  noteOn(points) {
    if (points.length === 0) return "nothing measured in 10 min";
    const top = points.reduce((one, other) => (other.value > one.value ? other : one));
    const now = this.format(points[points.length - 1].value);
    if (top.value === 0) return `now ${now}`;
    const peak = this.format(top.value);
    return now === peak ? `now ${now}, the peak`
      : `now ${now}, peak ${peak} at ${minuteText(top.time)}`;
  }
}

// How much of a queue is in use, with a mark at its recent peak. The words stand beside it.
class QueueBar {
  constructor() {
    this.fill = element("span", {class: "fill"});
    this.peak = element("span", {class: "peak"});
    this.bar = element("span", {class: "bar", "aria-hidden": "true"}, this.fill, this.peak);
    this.length = element("strong");
    this.limit = element("span", {class: "soft"});
    this.node = element("span", {class: "queue"}, this.bar,
      element("span", {class: "queue-text"}, this.length, this.limit));
  }

  // `share` and `peakShare`: how full it is and was. `isMeant`: a full queue is no trouble.
  update({length, peak, limit, share, peakShare, isMeant}) {
    const level = isMeant ? "low" : share >= 1 ? "full" : share >= 0.8 ? "high" : "low";
    this.fill.style.width = `${Math.min(100, share * 100)}%`;
    this.peak.style.left = `${Math.min(100, peakShare * 100)}%`;
    show(this.peak, peakShare > share);
    setAttribute(this.bar, "data-level", level);
    setText(this.length, countText(length));
    const peakText = peak > length ? `, peak\u00a0${countText(peak)}` : "";
    setText(this.limit, ` of ${countText(limit)}${level === "full" ? ", full" : ""}${peakText}`);
  }
}

// Counts per bucket as columns, all buckets as wide as each other.
class Histogram {
  constructor() {
    this.node = shape("svg", {class: "histogram", role: "img", preserveAspectRatio: "none"});
    this.columns = [];
  }

  update(rtt) {
    const buckets = rtt.buckets;
    const top = Math.max(1, ...buckets.map((bucket) => bucket.count));
    setAttribute(this.node, "viewBox", `0 0 ${buckets.length * 10} 28`);
    while (this.columns.length < buckets.length) {
      const column = shape("rect", {width: 9, x: this.columns.length * 10});
      this.columns.push(column);
      this.node.append(column);
    }
    while (this.columns.length > buckets.length) this.columns.pop().remove();
    buckets.forEach((bucket, i) => {
      const height = bucket.count === 0 ? 0.6 : Math.max(2, 28 * bucket.count / top);
      setAttribute(this.columns[i], "height", String(height));
      setAttribute(this.columns[i], "y", String(28 - height));
      setAttribute(this.columns[i], "class", bucket.count === 0 ? "empty" : "column");
    });
    setAttribute(this.node, "aria-label", rtt.count === 0 ? "Nothing measured"
      : `${plural(rtt.count, "measurement", "measurements")}, half within ` +
        `${secondsText(rtt.p50_seconds)}, nine in ten within ${secondsText(rtt.p90_seconds)}`);
  }
}
