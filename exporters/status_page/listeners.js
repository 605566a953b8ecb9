// The listeners: those in trouble first, with the cause in words, then the busy, then the idle.

// Shown before "Show all".
const QUIET_LISTENERS = 8;
const TROUBLED_LISTENERS = 24;

const LISTENER_COLUMNS = [
  (row) => row.address,
  (row) => (row.syn_queue_limit > 0 ? row.syn_queue_length / row.syn_queue_limit : null),
  (row) => row.accept_queue_utilization_ratio, (row) => row.drops_total,
  (row) => (row.inTrouble ? verdictOn(row) : null),
];

class Listeners {
  constructor() {
    const table = document.querySelector("table.listeners");
    this.list = new KeyedList(table, (listener) => listener.address, () => new ListenerRows());
    this.sorting = new Sorting(table, LISTENER_COLUMNS, () => this.render());
    this.synHistory = new Figure(find("syn-history"), shareText);
    this.acceptHistory = new Figure(find("accept-history"), shareText);
    this.expander = new Expander(find("listeners-more"), () => this.render());
    this.filter = find("listeners-filter");
    this.filter.addEventListener("input", () => this.render());
    this.rows = [];
    this.troubled = 0;
  }

  update(answer, alerts, history) {
    const firing = firingBySubject(alerts);
    this.rows = rankedListeners(answer?.listeners ?? [], firing, (listener) => listener.address);
    this.troubled = this.rows.filter((row) => row.inTrouble).length;
    this.render();
    show(find("listeners-none"), answer !== null && this.rows.length === 0);
    setText(find("listeners-note"), this.noteOn(answer));
    if (history === null) return;
    this.synHistory.update(history, (s) => s.listeners?.syn_queue_utilization_max_ratio, 1);
    this.acceptHistory.update(history, (s) => s.listeners?.accept_queue_utilization_max_ratio, 1);
  }

  noteOn(answer) {
    if (answer === null) return "The first poll is not complete.";
    const total = answer.total + answer.folded.addresses;
    let note = plural(total, "listener", "listeners");
    note += this.troubled > 0 ? `, ${countText(this.troubled)} in trouble` : ", none in trouble";
    if (answer.total > this.rows.length) {
      note += `; the first ${countText(this.rows.length)} are shown`;
    }
    if (answer.folded.addresses > 0) {
      note += `; ${countText(answer.folded.addresses)} beyond max_listeners are summed up as other`;
      if (answer.folded.in_trouble > 0) {
        note += `, ${countText(answer.folded.in_trouble)} of them in trouble`;
      }
    }
    return note;
  }

  render() {
    const wanted = this.filter.value.trim().toLowerCase();
    const rows = this.rows.filter(
      (row) => `${row.address} ${row.unit}`.toLowerCase().includes(wanted));
    const troubled = rows.filter((row) => row.inTrouble).length;
    const least = Math.min(troubled, TROUBLED_LISTENERS) + QUIET_LISTENERS;
    this.list.update(this.expander.cut(this.sorting.order(rows), least, "listeners"));
    show(this.filter, this.rows.length > QUIET_LISTENERS);
    show(find("listeners-unmatched"), rows.length === 0 && this.rows.length > 0);
  }
}

// The worst of each.
function firingBySubject(alerts) {
  const firing = (alerts?.alerts ?? []).filter((alert) => alert.state === "firing");
  return new Map(inOrder(firing).reverse().map((alert) => [alert.subject, alert]));
}

// The listeners with what the firing alerts say of them: those in trouble first, then the busy
// ones.
function rankedListeners(listeners, firing, subjectOf) {
  const rows = listeners.map((listener) => ({
    ...listener,
    alert: firing.get(subjectOf(listener)),
    inTrouble: firing.has(subjectOf(listener)) ||
      listener.diagnosis.some((found) => found.cause !== "deferred_accept"),
    isBusy: listener.accept_queue_peak > 0 || listener.syn_queue_peak > 0,
  }));
  const rank = (row) => (row.inTrouble ? 0 : row.isBusy ? 1 : 2);
  return rows.sort((one, other) => rank(one) - rank(other));  // stable: else by address
}

class ListenerRows {
  constructor() {
    this.address = element("span", {class: "address"});
    this.owner = element("span", {class: "soft owner"});
    this.syn = new QueueBar();
    this.accept = new QueueBar();
    this.drops = cell({class: "number", "data-label": "Drops"});
    this.verdict = element("span");
    this.help = new RunbookLink();
    this.sockets = new SocketLink();
    this.why = cell({class: "why", colspan: "5"});
    this.whyRow = element("tr", {role: "row", class: "why-row"}, this.why);
    this.node = element("tbody", {role: "rowgroup"},
      element("tr", {role: "row"}, rowHeader(this.address, " ", this.sockets.node, this.owner),
        cell({"data-label": "SYN queue"}, this.syn.node),
        cell({"data-label": "Accept queue"}, this.accept.node),
        this.drops, cell({class: "verdict"}, this.verdict, " ", this.help.node)),
      this.whyRow);
  }

  update(row) {
    setAttribute(this.node, "data-listener", row.address);
    setAttribute(this.node, "class", classOf(row));
    setText(this.address, row.address);
    setAttribute(this.owner, "title", row.unit);
    const full = row.full_sockets > 0 ? ` (${countText(row.full_sockets)} full)` : "";
    const shared = row.sockets > 1 ? plural(row.sockets, "socket", "sockets") + full : "";
    setText(this.owner, [unitText(row.unit), shared].filter((part) => part !== "").join(", "));
    const ofSynQueue = (length) => (row.syn_queue_limit > 0 ? length / row.syn_queue_limit : 0);
    this.syn.update({
      length: row.syn_queue_length, peak: row.syn_queue_peak, limit: row.syn_queue_limit,
      share: ofSynQueue(row.syn_queue_length), peakShare: ofSynQueue(row.syn_queue_peak),
      isMeant: row.diagnosis.some((found) => found.cause === "deferred_accept"),
    });
    this.accept.update({
      length: row.accept_queue_length, peak: row.accept_queue_peak, limit: row.accept_queue_limit,
      share: row.accept_queue_utilization_ratio,  // of the fullest socket
      peakShare: row.accept_queue_peak_utilization_ratio, isMeant: false,
    });
    setText(this.drops, briefCountText(row.drops_total));
    setAttribute(this.drops, "data-usual", String(row.drops_total === 0));
    setText(this.verdict, row.inTrouble ? `▲ ${verdictOn(row)}` : verdictOn(row));
    this.help.update(row.inTrouble ? sectionOn(row) : undefined, verdictOn(row));
    this.sockets.update(row.isElsewhere ? null : endpointQuery(row.address, "src", "sport"),
      row.address);
    setText(this.why, whyText(row));
    show(this.whyRow, this.why.textContent !== "");
  }
}

// A trouble that only warnings tell of is amber.
function classOf(row) {
  if (!row.inTrouble) return "quiet";
  const isWarning = row.alert !== undefined && row.alert.severity !== "critical";
  return isWarning ? "trouble warned" : "trouble";
}

// Where the runbook says what to do.
function sectionOn(row) {
  const cause = row.diagnosis.find((found) => CAUSE_SECTIONS[found.cause] !== undefined)?.cause;
  return CAUSE_SECTIONS[cause] ?? row.alert?.alert;
}

function verdictOn(row) {
  const causes = row.diagnosis.map((found) => causeText(found.cause));
  if (causes.length > 0) return causes.join(", ");
  if (!row.inTrouble) return "No trouble";
  return row.alert.cause === "" ? row.alert.alert : causeText(row.alert.cause);
}

function whyText(row) {
  const parts = row.diagnosis.map((found) => `${found.explanation}.`);
  if (row.inTrouble && row.top_sources.length > 0) {
    const sources = row.top_sources
      .map((source) => `${source.prefix} (${countText(source.syn_queue_length)})`);
    parts.push(`Most half-open handshakes from ${sources.join(", ")}.`);
  }
  return sentence(parts.join(" "));
}
