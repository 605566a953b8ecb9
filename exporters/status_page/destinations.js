// Where the host connects to, and how these connects ended: the traced handshakes of the latest
// minutes. Without tracing the section says so, and why.

const DESTINATIONS_SHOWN = 10;

class Destinations {
  constructor() {
    const table = find("destinations");
    this.sorting = new Sorting(table, [
      destinationText, (row) => row.connects, (row) => row.failed, null,
      (row) => row.median_seconds, (row) => row.p99_seconds, (row) => row.syn_retransmissions,
    ], () => this.render());
    this.list = new KeyedList(table.tBodies[0], destinationKey,
      () => new DestinationRow());
    this.expander = new Expander(find("destinations-more"), () => this.render());
    this.buttons = [...document.querySelectorAll("#destinations-orders button")];
    for (const button of this.buttons) {
      button.addEventListener("click", () => this.choose(button.dataset.order));
    }
    this.order = "failures";
    this.tracing = null;
  }

  choose(order) {
    this.order = order;
    this.sorting.clear();
    for (const button of this.buttons) {
      setAttribute(button, "aria-pressed", String(button.dataset.order === order));
    }
    this.render();
  }

  // `status`: whether handshakes are traced, and if not, why.
  update(answer, status) {
    this.tracing = answer?.tracing ?? null;
    this.render();
    setText(find("destinations-note"), this.noteOn(status));
    const why = this.whyNone(answer, status);
    setText(find("destinations-none"), why);
    show(find("destinations-none"), why !== "");
  }

  noteOn(status) {
    if (this.tracing === null) return status.is_in_use ? "" : "Handshakes are not traced.";
    const folded = this.tracing.folded > 0
      ? ` ${plural(this.tracing.folded, "more connect", "more connects")} went to destinations ` +
        "that are not remembered." : "";
    const span = secondsText(Math.max(1, this.tracing.recent_seconds));
    return `Outbound connects that ended in the last ${span}, ` +
      `those of other network namespaces included.${folded}`;
  }

  // Why there is no table; empty if there is one.
  whyNone(answer, status) {
    if (this.tracing !== null) {
      return this.tracing.destinations.length > 0 ? "" : "No outbound connect has ended lately.";
    }
    if (!status.is_in_use) {
      return "It is not known where this host connects to and how these connects end, because " +
        `handshakes are not traced. ${sentence(status.reason)}`.trim();
    }
    return answer === null ? "The first poll is not complete."
      : "The traced handshakes have not been read yet.";
  }

  render() {
    const rows = this.tracing === null ? [] : destinationsBy(this.tracing, this.order);
    this.list.update(
      this.expander.cut(this.sorting.order(rows), DESTINATIONS_SHOWN, "destinations"));
    const isThere = (this.tracing?.destinations.length ?? 0) > 0;
    show(find("destinations"), isThere);
    show(find("destinations-orders"), isThere);
  }
}

// The destinations that the daemon lists in this order, then those that it does not rank: the ones
// without a failed connect, or without a handshake that was measured.
function destinationsBy(tracing, order) {
  const at = (indices) => indices.map((index) => tracing.destinations[index]);
  const busiest = at(tracing.by_count);
  const failing = at(tracing.by_failures);
  switch (order) {
    case "failures":
      return [...failing, ...busiest.filter((destination) => destination.failed === 0)];
    case "latency":
      return [...at(tracing.by_latency),
        ...failing.filter((destination) => destination.median_seconds === null)];
    default: return busiest;
  }
}

function destinationKey(destination) {
  return `${destination.netns ?? ""} ${destinationText(destination)}`;
}

function destinationText(destination) {
  const address = destination.address;
  return `${address.includes(":") ? `[${address}]` : address}:${destination.port}`;
}

class DestinationRow {
  constructor() {
    const number = (label) => cell({class: "number", "data-label": label});
    this.remote = element("span", {class: "address"});
    this.owner = element("span", {class: "soft owner"});
    this.sockets = new SocketLink();
    this.connects = number("Connects");
    this.failed = number("Failed");
    this.ended = cell({class: "ended", "data-label": "How they ended"});
    this.median = number("Median");
    this.p99 = number("p99");
    this.repeated = number("SYN repeated");
    this.node = element("tr", {role: "row"},
      rowHeader(this.remote, " ", this.sockets.node, this.owner), this.connects,
      this.failed, this.ended, this.median, this.p99, this.repeated);
  }

  update(destination) {
    setAttribute(this.node, "data-destination", destinationKey(destination).trim());
    setAttribute(this.node, "class", destination.failed > 0 ? "failing" : "");
    setText(this.remote, destinationText(destination));
    setText(this.owner, connectorText(destination));
    setAttribute(this.owner, "title", destination.unit ?? "");
    const remote = destinationText(destination);
    // Those of other network namespaces cannot be asked for.
    this.sockets.update(destination.netns !== null ? null
      : {direction: "outbound", ...endpointQuery(remote, "dst", "dport")}, remote);
    setText(this.connects, briefCountText(destination.connects));
    setText(this.failed, briefCountText(destination.failed));
    setText(this.ended, endedText(destination.outcomes));
    setText(this.median, secondsText(destination.median_seconds));
    setText(this.p99, secondsText(destination.p99_seconds));
    const repeated = destination.syn_retransmissions;
    setText(this.repeated, repeated === 0 ? "never"
      : `${briefCountText(repeated)} ${repeated === 1 ? "time" : "times"}`);
    setAttribute(this.repeated, "data-usual", String(repeated === 0));
  }
}

// Who connects there.
function connectorText(destination) {
  const parts = [];
  if (destination.unit !== null) parts.push(unitText(destination.unit));
  // Many namespaces are named after their unit.
  if (destination.netns !== null && destination.netns !== destination.unit) {
    parts.push(`in ${unitText(destination.netns)}`);
  }
  return parts.join(" ");
}

// The most frequent first; what a host cannot see is null.
function endedText(outcomes) {
  const others = Object.entries(outcomes).filter(([name, count]) => name !== "ok" && count > 0)
    .sort(([, one], [, other]) => other - one)
    .map(([name, count]) => `${briefCountText(count)} ${OUTCOME_NAMES[name] ?? name}`);
  return others.length === 0 ? "all established" : others.join(", ");
}
