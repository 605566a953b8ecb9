// A tile per TCP state, in the order a connection goes through them.

const STATE_ORDER = ["established", "listen", "syn_sent", "syn_recv", "close_wait", "time_wait",
  "fin_wait1", "fin_wait2", "closing", "last_ack", "close"];

class States {
  constructor() {
    this.list = new KeyedList(find("states"), (state) => state.state,
      (state) => new StateTile(state));
  }

  update(answer, history) {
    setText(find("states-note"), answer === null ? "The first full poll is not complete."
      : `${plural(answer.sockets, "socket", "sockets")}, counted at ` +
        `${timeText(answer.polled_timestamp_seconds)}. The lines show the last ten minutes.`);
    if (answer === null) return;
    const byName = new Map(answer.states.map((state) => [state.state, state]));
    this.list.update(STATE_ORDER.map((name) => ({...byName.get(name), history})));
  }
}

class StateTile {
  constructor(state) {
    this.count = element("span", {class: "count"});
    this.families = element("span", {class: "soft families"});
    this.spark = new Sparkline(countText);
    this.node = element("li", {class: "tile", "data-state": state.state},
      element("span", {class: "label"}, STATE_NAMES[state.state] ?? state.state),
      this.count, this.families, this.spark.node);
  }

  update(state) {
    setText(this.count, countText(state.sockets));
    setText(this.families, `IPv4 ${countText(state.ipv4)} · IPv6 ${countText(state.ipv6)}`);
    setAttribute(this.node, "class", state.sockets === 0 ? "tile zero" : "tile");
    if (state.history === null) return;
    const points = pointsOf(state.history, (sample) => sample.states?.[state.state]);
    const newest = state.history.samples.at(-1)?.timestamp_seconds ?? 0;
    this.spark.update(points, newest, state.history.span_seconds, 4);
  }
}
