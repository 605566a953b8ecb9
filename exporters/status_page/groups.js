// Per group and direction: how long round trips take, and what is moved.

const GROUPS_SHOWN = 10;

class Groups {
  constructor() {
    this.list = new KeyedList(document.querySelector("#groups tbody"),
      (group) => `${group.direction} ${group.group}`, () => new GroupRow());
    this.history = new Figure(find("rtt-history"), secondsText);
    this.expander = new Expander(find("groups-more"), () => this.render());
    this.groups = [];
  }

  // `lack`: why the totals are too low, empty if they are not.
  update(answer, history, lack) {
    this.groups = (answer?.groups ?? []).filter(hasAnything)
      .sort((one, other) => other.rtt.count - one.rtt.count);
    this.render();
    show(find("groups"), this.groups.length > 0);
    show(find("groups-none"), answer !== null && this.groups.length === 0);
    setText(find("groups-note"), this.noteOn(answer, lack));
    setText(find("rtt-scale"), this.scaleText());
    if (history !== null) this.history.update(history, (sample) => sample.rtt_median_seconds);
  }

  noteOn(answer, lack) {
    if (answer === null) return "The first full poll is not complete.";
    const folded = answer.folded_groups > 0
      ? ` ${countText(answer.folded_groups)} more groups are summed up as other.` : "";
    const low = lack === "" ? "" : ` ▲ Traffic is too low: some destroy events ${lack}.`;
    return `Traffic and round-trip times since the daemon started.${folded}${low}`;
  }

  // The columns' bounds, the same for every group; the last one has no upper bound.
  scaleText() {
    const bounds = (this.groups[0]?.rtt.buckets ?? []).map((bucket) => bucket.upper_bound_seconds);
    return bounds.length < 2 ? "Round-trip times"
      : `Round-trip times, ${secondsText(bounds[0])} to ${secondsText(bounds[bounds.length - 2])}`;
  }

  render() {
    this.list.update(this.expander.cut(this.groups, GROUPS_SHOWN, "groups"));
  }
}

function hasAnything(group) {
  return group.rtt.count > 0 || group.segments_sent_total > 0 ||
    Object.values(group.states).some((count) => count > 0);
}

class GroupRow {
  constructor() {
    this.name = element("span", {class: "group-name"});
    this.direction = element("span", {class: "soft"});
    const number = (label) => cell({class: "number", "data-label": label});
    this.established = number("Established");
    this.histogram = new Histogram();
    this.median = number("Median");
    this.p99 = number("p99");
    this.sent = number("Sent");
    this.received = number("Received");
    this.resent = number("Resent");
    this.queued = number("Recv-Q, Send-Q");
    this.node = element("tr", {role: "row"}, rowHeader(this.name, this.direction), this.established,
      cell({class: "rtt", "data-label": "Round-trip times"}, this.histogram.node),
      this.median, this.p99, this.sent, this.received, this.resent, this.queued);
  }

  update(group) {
    setAttribute(this.node, "data-group", `${group.direction} ${group.group}`);
    setText(this.name, unitText(group.group));
    setAttribute(this.name, "title", group.group);
    setText(this.direction, group.direction);
    setText(this.established, countText(group.states.established));
    this.histogram.update(group.rtt);
    setText(this.median, secondsText(group.rtt.p50_seconds));
    setText(this.p99, secondsText(group.rtt.p99_seconds));
    setText(this.sent, bytesText(group.bytes_sent_total));
    setText(this.received, bytesText(group.bytes_received_total));
    setText(this.resent, group.segments_sent_total === 0 ? "–"
      : shareText(group.segments_retransmitted_total / group.segments_sent_total));
    const [inward, outward] = [group.receive_queue_bytes, group.send_queue_bytes];
    setAttribute(this.queued, "data-usual", String(inward + outward === 0));
    setText(this.queued, `${bytesText(inward)}, ${bytesText(outward)}`);
  }
}
