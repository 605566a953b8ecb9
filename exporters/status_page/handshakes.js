// The outbound handshakes that wait for an answer: a row for each destination.

const PENDING_SHOWN = 10;

class Handshakes {
  constructor() {
    const table = find("handshakes");
    this.list = new KeyedList(table.tBodies[0], (destination) => destination.remote,
      () => new HandshakeRow());
    this.sorting = new Sorting(table, [
      (row) => row.remote, (row) => row.count, (row) => row.retransmitting,
      (row) => row.oldest_age_seconds, (row) => row.next_try_seconds,
    ], () => this.render());
    this.expander = new Expander(find("handshakes-more"), () => this.render());
    this.history = new Figure(find("connect-history"), countText);
    this.rows = [];
  }

  update(answer, history) {
    this.rows = answer?.pending_destinations ?? [];
    this.render();
    show(find("handshakes"), this.rows.length > 0);
    show(find("handshakes-none"), answer !== null && answer.pending_total === 0);
    const folded = answer?.pending_destinations_folded ?? 0;
    show(find("handshakes-rest"), folded > 0);
    setText(find("handshakes-rest"),
      `${plural(folded, "more connect waits", "more connects wait")} for other destinations.`);
    setText(find("handshakes-note"), answer === null ? "The first poll is not complete."
      : `${plural(answer.pending_total, "outbound connect waits", "outbound connects wait")} ` +
        "for an answer");
    if (history !== null) this.history.update(history, (sample) => sample.connects?.pending, 4);
  }

  render() {
    this.list.update(
      this.expander.cut(this.sorting.order(this.rows), PENDING_SHOWN, "destinations"));
  }
}

class HandshakeRow {
  constructor() {
    const number = (label) => cell({class: "number", "data-label": label});
    this.remote = element("span", {class: "address"});
    this.owner = element("span", {class: "soft owner"});
    this.sockets = new SocketLink();
    this.count = number("Waiting");
    this.repeated = number("SYN repeated");
    this.age = number("Oldest");
    this.next = number("Next try in");
    this.node = element("tr", {role: "row"},
      rowHeader(this.remote, " ", this.sockets.node, this.owner),
      this.count, this.repeated, this.age, this.next);
  }

  update(destination) {
    setAttribute(this.node, "data-destination", destination.remote);
    setText(this.remote, destination.remote);
    setText(this.owner, destination.unit === null ? "" : unitText(destination.unit));
    setAttribute(this.owner, "title", destination.unit ?? "");
    this.sockets.update({state: "syn-sent", ...endpointQuery(destination.remote, "dst", "dport")},
      destination.remote);
    setText(this.count, countText(destination.count));
    setText(this.repeated, repeatedText(destination));
    setText(this.age, secondsText(destination.oldest_age_seconds));
    setText(this.next, secondsText(destination.next_try_seconds));
  }
}

// "by 38, up to 4 times"
function repeatedText(destination) {
  if (destination.retransmitting === 0) return "not yet";
  const most = destination.retransmissions_max;
  return `by ${countText(destination.retransmitting)}, ` +
    (most === 1 ? "once" : `up to ${countText(most)} times`);
}
