// The outbound handshakes that wait for an answer, the oldest first.

class Handshakes {
  constructor() {
    this.list = new KeyedList(document.querySelector("#handshakes tbody"),
      (connect) => `${connect.local} ${connect.remote}`, () => new HandshakeRow());
    this.history = new Figure(find("connect-history"), countText);
  }

  update(answer, history) {
    const pending = answer?.pending ?? [];
    this.list.update(pending);
    show(find("handshakes"), pending.length > 0);
    show(find("handshakes-none"), answer !== null && pending.length === 0);
    const rest = (answer?.pending_total ?? 0) - pending.length;
    show(find("handshakes-rest"), rest > 0);
    setText(find("handshakes-rest"), `${countText(rest)} younger ones are not shown.`);
    setText(find("handshakes-note"), answer === null ? "The first poll is not complete."
      : `${plural(answer.pending_total, "outbound connect waits", "outbound connects wait")} ` +
        "for an answer");
    if (history !== null) this.history.update(history, (sample) => sample.connects?.pending, 4);
  }
}

class HandshakeRow {
  constructor() {
    this.remote = element("span", {class: "address"});
    this.local = cell({class: "address soft", "data-label": "From"});
    this.age = cell({class: "number", "data-label": "Waiting"});
    this.repeated = cell({class: "number", "data-label": "SYN repeated"});
    this.next = cell({class: "number", "data-label": "Next try in"});
    this.node = element("tr", {role: "row"}, rowHeader(this.remote), this.local, this.age,
      this.repeated, this.next);
  }

  update(connect) {
    setText(this.remote, connect.remote);
    setText(this.local, connect.local);
    setText(this.age, secondsText(connect.age_seconds));
    setText(this.repeated, connect.retransmissions === 0 ? "not yet"
      : plural(connect.retransmissions, "time", "times"));
    setText(this.next, secondsText(connect.next_try_seconds));
  }
}
