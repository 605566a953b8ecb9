// Per group and direction: how long round trips take, and what is moved.

const GROUPS_SHOWN = 10;
const RESENT_WORTH_A_LOOK = 0.001;  // of the segments: below it, losses do not order the groups

class Groups {
  constructor() {
    const table = find("groups");
    this.list = new KeyedList(table.tBodies[0],
      (group) => `${group.direction} ${group.group}`, () => new GroupRow());
    this.sorting = new Sorting(table, [
      (row) => row.group, (row) => row.states.established, null, (row) => row.rtt.p50_seconds,
      (row) => row.rtt.p99_seconds,
      (row) => row.rates?.bytes_sent_per_second ?? row.bytes_sent_total,
      (row) => row.rates?.bytes_received_per_second ?? row.bytes_received_total, resentRatio,
      queuedBytes,
    ], () => this.render());
    this.history = new Figure(find("rtt-history"), secondsText);
    this.expander = new Expander(find("groups-more"), () => this.render());
    this.groups = [];
  }

  // `lack`: why the totals are too low, empty if they are not.
  update(answer, history, lack) {
    this.groups = byTrouble((answer?.groups ?? []).filter(hasAnything));
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
    const span = answer.groups.find((group) => group.rates)?.rates.span_seconds ?? null;
    const rates = span === null ? ""
      : " Under Sent, Received and Resent, the upper number is of the last " +
        `${secondsText(span)}, and the lower one of all time since the start.`;
    return `Totals and round-trip times are since the daemon started.${rates}${folded}${low}`;
  }

  // The columns' bounds, the same for every group; the last one has no upper bound.
  scaleText() {
    const bounds = (this.groups[0]?.rtt.buckets ?? []).map((bucket) => bucket.upper_bound_seconds);
    return bounds.length < 2 ? "Round-trip times"
      : `Round-trip times, ${secondsText(bounds[0])} to ${secondsText(bounds[bounds.length - 2])}`;
  }

  render() {
    this.list.update(this.expander.cut(this.sorting.order(this.groups), GROUPS_SHOWN, "groups"));
  }
}

function hasAnything(group) {
  return group.rtt.count > 0 || group.segments_sent_total > 0 ||
    Object.values(group.states).some((count) => count > 0);
}

// What hurts comes first: lost segments, then queues, then those with most measurements.
function byTrouble(groups) {
  const lost = (group) => {
    const ratio = resentRatio(group) ?? 0;
    return ratio < RESENT_WORTH_A_LOOK ? 0 : ratio;
  };
  return groups.sort((one, other) => lost(other) - lost(one) ||
    queuedBytes(other) - queuedBytes(one) || other.rtt.count - one.rtt.count);
}

// The share of segments that were sent again: lately, or since the start if that is not known.
function resentRatio(group) {
  if (group.rates) return group.rates.retransmitted_ratio;
  return group.segments_sent_total === 0 ? null
    : group.segments_retransmitted_total / group.segments_sent_total;
}

function queuedBytes(group) {
  return group.receive_queue_bytes + group.send_queue_bytes;
}

// A quantile within the first bucket is not known better than by the bucket's bound.
function quantileText(rtt, seconds) {
  const first = rtt.buckets[0]?.upper_bound_seconds ?? null;
  return seconds !== null && first !== null && seconds <= first ? `< ${secondsText(first)}`
    : secondsText(seconds);
}

class GroupRow {
  constructor() {
    this.name = element("span", {class: "group-name"});
    this.direction = element("span", {class: "soft"});
    const number = (label) => cell({class: "number", "data-label": label});
    this.sockets = new SocketLink();
    this.established = number("Established");
    this.histogram = new Histogram();
    this.median = number("Median");
    this.p99 = number("p99");
    this.sent = new RateCell("Sent");
    this.received = new RateCell("Received");
    this.resent = new RateCell("Resent");
    this.queued = number("Recv-Q, Send-Q");
    this.node = element("tr", {role: "row"},
      rowHeader(this.name, " ", this.sockets.node, this.direction),
      this.established,
      cell({class: "rtt", "data-label": "Round-trip times"}, this.histogram.node),
      this.median, this.p99, this.sent.node, this.received.node, this.resent.node,
      this.queued);
  }

  update(group) {
    setAttribute(this.node, "data-group", `${group.direction} ${group.group}`);
    setText(this.name, unitText(group.group));
    setAttribute(this.name, "title", group.group);
    setText(this.direction, group.direction);
    setText(this.established, countText(group.states.established));
    this.histogram.update(group.rtt);
    setText(this.median, quantileText(group.rtt, group.rtt.p50_seconds));
    setText(this.p99, quantileText(group.rtt, group.rtt.p99_seconds));
    this.updateTraffic(group, group.rates ?? null);
    this.sockets.update({group: group.group, direction: group.direction},
      `${group.direction} ${group.group}`);
    const [inward, outward] = [group.receive_queue_bytes, group.send_queue_bytes];
    setAttribute(this.queued, "data-usual", String(inward + outward === 0));
    setText(this.queued, `${bytesText(inward)}, ${bytesText(outward)}`);
  }

  updateTraffic(group, rates) {
    const perSecond = (bytes) => (rates === null ? null : `${bytesText(bytes)}/s`);
    this.sent.update(perSecond(rates?.bytes_sent_per_second), bytesText(group.bytes_sent_total));
    this.received.update(perSecond(rates?.bytes_received_per_second),
      bytesText(group.bytes_received_total));
    const ratio = rates?.retransmitted_ratio ?? null;
    this.resent.update(rates === null ? null : ratio === null ? "–" : shareText(ratio),
      group.segments_sent_total === 0 ? "–"
        : shareText(group.segments_retransmitted_total / group.segments_sent_total));
  }
}

// A number per second above the total; only the total while the rate is not known.
class RateCell {
  constructor(label) {
    this.rate = element("span", {class: "rate"});
    this.total = element("span");
    this.node = cell({class: "number", "data-label": label}, this.rate, this.total);
  }

  update(rate, total) {
    show(this.rate, rate !== null);
    setText(this.rate, rate ?? "");
    setText(this.total, total);
    setAttribute(this.total, "class", rate === null ? "" : "soft total");
  }
}
