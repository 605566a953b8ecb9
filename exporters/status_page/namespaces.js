// The other network namespaces: those in trouble first. Each can be opened to its listeners. The
// section is hidden as long as there are none.

// Shown before "Show all".
const QUIET_NAMESPACES = 10;
const TROUBLED_NAMESPACES = 24;

const NAMESPACE_COLUMNS = [
  (row) => row.netns, (row) => row.states?.established, (row) => row.states?.syn_recv,
  (row) => row.states?.time_wait, (row) => socketsOf(row.states),
  (row) => row.accept_queue_utilization_ratio, (row) => row.syn_queue_peak,
  (row) => row.drops_total, (row) => (row.inTrouble ? namespaceVerdict(row) : null),
];

class Namespaces {
  constructor() {
    const table = document.querySelector("table.namespaces");
    this.sorting = new Sorting(table, NAMESPACE_COLUMNS, () => this.render());
    this.list = new KeyedList(table,
      (netns) => String(netns.cookie), () => new NamespaceRows());
    this.expander = new Expander(find("namespaces-more"), () => this.render());
    this.filter = find("namespaces-filter");
    this.filter.addEventListener("input", () => this.render());
    this.rows = [];
    this.troubledListeners = 0;
  }

  update(answer, alerts) {
    const firing = firingBySubject(alerts);
    this.rows = (answer?.namespaces ?? []).map((netns) => judged(netns, firing));
    const rank = (row) => (row.inTrouble ? 0 : row.listeners.length > 0 ? 1 : 2);
    this.rows.sort((one, other) => rank(one) - rank(other));  // stable: else by name
    this.troubledListeners = this.rows.reduce(
      (sum, row) => sum + row.rows.filter((listener) => listener.inTrouble).length, 0);
    const isThere = (answer?.are_seen ?? false) && answer.seen > 0;
    show(find("namespaces-section"), isThere);
    show(find("namespaces-link"), isThere);
    if (!isThere) return;
    this.render();
    setText(find("namespaces-note"), this.noteOn(answer));
  }

  noteOn(answer) {
    const troubled = this.rows.filter((row) => row.inTrouble).length;
    let note = plural(answer.seen, "namespace", "namespaces") + " beside the host's own";
    note += troubled > 0 ? `, ${countText(troubled)} in trouble` : ", none in trouble";
    if (answer.total > this.rows.length) {
      note += `; the first ${countText(this.rows.length)} are shown`;
    }
    if (answer.folded.namespaces > 0) {
      note += `; ${countText(answer.folded.namespaces)} beyond max_network_namespaces are summed ` +
        "up as other";
      if (answer.folded.in_trouble > 0) {
        note += `, ${countText(answer.folded.in_trouble)} of them in trouble`;
      }
    }
    if (answer.left_out > 0) note += `; ${countText(answer.left_out)} not counted`;
    return note;
  }

  render() {
    const wanted = this.filter.value.trim().toLowerCase();
    const rows = this.rows.filter(
      (row) => `${row.netns} ${row.unit}`.toLowerCase().includes(wanted));
    const troubled = rows.filter((row) => row.inTrouble).length;
    const least = Math.min(troubled, TROUBLED_NAMESPACES) + QUIET_NAMESPACES;
    this.list.update(this.expander.cut(this.sorting.order(rows), least, "namespaces"));
    show(this.filter, this.rows.length > QUIET_NAMESPACES);
    show(find("namespaces-unmatched"), rows.length === 0 && this.rows.length > 0);
  }
}

// A namespace with its listeners in order, and whether somebody should look at it.
function judged(netns, firing) {
  const rows = rankedListeners(netns.listeners, firing,
    (listener) => `${netns.netns}/${listener.address}`);
  const inTrouble = netns.is_in_trouble || rows.some((row) => row.inTrouble);
  return {...netns, rows, inTrouble};
}

class NamespaceRows {
  constructor() {
    const number = (label) => cell({class: "number", "data-label": label});
    this.name = element("span", {class: "netns-name"});
    this.owner = element("span", {class: "soft owner"});
    this.established = number("Established");
    this.synRecv = number("SYN-RECV");
    this.timeWait = number("TIME-WAIT");
    this.sockets = number("Sockets");
    this.accept = new QueueBar();
    this.noQueue = element("span", {class: "soft"}, "nothing listens");
    this.synPeak = number("SYN queue, peak");
    this.drops = number("Drops");
    this.verdict = cell({class: "verdict"});
    this.listeners = new NamespaceListeners();
    this.listenersRow = element("tr", {role: "row", class: "why-row"},
      cell({class: "why", colspan: "9"}, this.listeners.node));
    this.node = element("tbody", {role: "rowgroup"},
      element("tr", {role: "row"}, rowHeader(this.name, this.owner), this.established,
        this.synRecv, this.timeWait, this.sockets,
        cell({"data-label": "Fullest accept queue"}, this.accept.node, this.noQueue),
        this.synPeak, this.drops, this.verdict),
      this.listenersRow);
  }

  update(row) {
    setAttribute(this.node, "data-netns", row.netns);
    setAttribute(this.node, "class", row.inTrouble ? "trouble" : "quiet");
    setText(this.name, unitText(row.netns));
    setAttribute(this.name, "title", row.netns);
    // Many namespaces are named after their owner.
    setText(this.owner, row.unit === row.netns ? "" : unitText(row.unit));
    setAttribute(this.owner, "title", row.unit);
    this.updateStates(row.states);
    this.updateQueues(row);
    setText(this.drops, briefCountText(row.drops_total));
    setAttribute(this.drops, "data-usual", String(row.drops_total === 0));
    const verdict = namespaceVerdict(row);
    setText(this.verdict, row.inTrouble ? `▲ ${verdict}` : verdict);
    this.listeners.update(row);
    show(this.listenersRow, row.rows.length > 0);
  }

  updateStates(states) {
    const text = (count) => (states === null ? "–" : countText(count));
    setText(this.established, text(states?.established));
    setText(this.synRecv, text(states?.syn_recv));
    setText(this.timeWait, text(states?.time_wait));
    setText(this.sockets, text(socketsOf(states)));
  }

  updateQueues(row) {
    const hasQueue = row.accept_queue_utilization_ratio !== null;
    show(this.accept.node, hasQueue);
    show(this.noQueue, !hasQueue);
    setText(this.synPeak, countText(row.syn_queue_peak));
    setAttribute(this.synPeak, "data-usual", String(row.syn_queue_peak === 0));
    if (!hasQueue) return;
    const fullest = row.fullest_socket;
    this.accept.update({
      length: fullest.accept_queue_length, peak: fullest.accept_queue_length,
      limit: fullest.accept_queue_limit, share: row.accept_queue_utilization_ratio,
      peakShare: row.accept_queue_peak_utilization_ratio, isMeant: false,
    });
  }
}

function socketsOf(states) {
  return states === null ? null : Object.values(states).reduce((one, other) => one + other, 0);
}

function namespaceVerdict(row) {
  const causes = Object.entries(row.causes).filter(([, count]) => count > 0)
    .map(([cause, count]) => causeText(cause) + (count > 1 ? ` (${countText(count)})` : ""));
  if (causes.length > 0) return causes.join(", ");
  if (!row.inTrouble) return "No trouble";
  const alert = row.rows.find((listener) => listener.alert !== undefined)?.alert;
  return alert === undefined ? "A listener in trouble" : alert.alert;
}

// The listeners of one namespace, behind a line that opens them. A namespace in trouble is open to
// begin with.
class NamespaceListeners {
  constructor() {
    this.summary = element("summary");
    const heading = (text, name) => element("th",
      {scope: "col", role: "columnheader", ...(name === "" ? {} : {class: name})}, text);
    this.table = element("table", {class: "netns-listeners", role: "table"},
      element("thead", {role: "rowgroup"}, element("tr", {role: "row"},
        heading("Address", ""), heading("SYN queue", ""), heading("Accept queue", ""),
        heading("Drops", "number"), heading("Diagnosis", ""))));
    this.sorting = new Sorting(this.table, LISTENER_COLUMNS, () => this.render());
    this.rows = [];
    this.list = new KeyedList(this.table, (listener) => listener.address,
      () => new ListenerRows());
    this.rest = element("p", {class: "none"});
    this.node = element("details", {}, this.summary, this.table, this.rest);
    this.wasInTrouble = false;
  }

  update(row) {
    if (row.inTrouble !== this.wasInTrouble) this.node.open = row.inTrouble;
    this.wasInTrouble = row.inTrouble;
    setAttribute(this.table, "aria-label", `Listeners of ${row.netns}`);
    setText(this.summary, plural(row.rows.length, "listener", "listeners"));
    this.rows = row.rows.map((listener) => ({...listener, isElsewhere: true}));
    this.render();
    const folded = row.folded_listeners.addresses;
    setText(this.rest, `And ${plural(folded, "listener", "listeners")} without a place.`);
    show(this.rest, folded > 0);
  }

  render() {
    this.list.update(this.sorting.order(this.rows));
  }
}
