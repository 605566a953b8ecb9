// The firing alerts with what spoke for them, then the pending ones.

const SEVERITY_ORDER = ["critical", "warning", "info"];
const ALERTS_SHOWN = 12;  // before "Show all"

class Alerts {
  // `followIncident` is called with the id of an incident that is over and that the address of the
  // page names, or with null. It tells whether the incident is known.
  constructor(followIncident) {
    this.followIncident = followIncident;
    this.list = new KeyedList(find("alerts"), keyOf, () => new AlertEntry());
    this.expander = new Expander(find("alerts-more"), () => this.render());
    this.alerts = [];
    this.left = 0;  // alerts beyond those in the answer
    this.isAnswered = false;
    this.incidentAsked = null;
    window.addEventListener("hashchange", () => this.follow());
    this.follow();
  }

  // Looks which alert the address of the page names.
  follow() {
    this.linked = linkedAlert();
    this.isShown = this.linked === null;
    this.isIncidentKnown = null;  // until it has been asked for
    if (this.isAnswered) this.render();
  }

  update(answer, now) {
    const none = find("alerts-none");
    if (answer === null) {
      setText(none, "Alerts are not checked yet: the first poll is not complete.");
      show(none, true);
      return;
    }
    this.alerts = inOrder(answer.alerts).map((alert, i, all) => (
      {...alert, now, isToldAbove: all.slice(0, i).some((other) => isSameStory(alert, other))}));
    this.left = answer.total - this.alerts.length;
    this.isAnswered = true;
    this.render();
    setText(none, "No alert is firing and none is pending.");
    show(none, this.alerts.length === 0);
    setText(find("alerts-note"), this.noteOn(answer));
  }

  noteOn(answer) {
    if (this.alerts.length === 0) return "";
    const firing = this.alerts.filter((alert) => alert.state === "firing").length;
    const note = `${countText(firing)} firing, ${countText(this.alerts.length - firing)} pending`;
    return this.left > 0 ? `${note} of the first ${countText(this.alerts.length)}; ` +
      `${countText(this.left)} more are not shown` : note;
  }

  render() {
    const key = this.linked === null ? null : keyOf(this.linked);
    const place = this.alerts.findIndex((alert) => keyOf(alert) === key);
    if (!this.isShown && place >= ALERTS_SHOWN) this.expander.isOpen = true;
    const marked = this.alerts.map((alert, i) => ({...alert, isLinked: i === place}));
    this.list.update(this.expander.cut(marked, ALERTS_SHOWN, "alerts"));
    if (!this.isShown && place >= 0) this.list.entries.get(key).open();
    this.isShown = this.isShown || place >= 0;
    this.findIncident(place);
    const isOver = this.linked !== null && (place < 0 || this.isOfBefore(place));
    show(find("alert-over"), isOver);
    if (isOver) setText(find("alert-over"), this.noteOnMissing(place));
  }

  // Whether the alert fires again: the link is about a time before.
  isOfBefore(place) {
    const id = this.alerts[place].incident ?? null;
    return this.linked.incident !== null && id !== null && id !== this.linked.incident;
  }

  // Once for each link: the incident of an alert that is over.
  findIncident(place) {
    const isOver = this.linked !== null && (place < 0 || this.isOfBefore(place));
    const id = isOver ? this.linked.incident : null;
    if (id === this.incidentAsked) return;
    this.incidentAsked = id;
    this.followIncident(id).then((isKnown) => {
      if (this.incidentAsked !== id) return;
      this.isIncidentKnown = isKnown;
      this.render();
    }, () => { this.incidentAsked = null; });  // the next update asks again
  }

  noteOnMissing(place) {
    const which = `The alert ${this.linked.alert} on ${this.linked.subject}`;
    const kept = this.isIncidentKnown === null || this.linked.incident === null ? ""
      : this.isIncidentKnown ? " What happened is below, under Recently."
        : " Its incident was not found: it is no longer kept, or cannot be read.";
    if (place >= 0) {
      return `${which} had ended and now fires again. The link is about the earlier time.${kept}`;
    }
    return this.left > 0
      ? `${which} is not among the first ${countText(this.alerts.length)}.${kept}`
      : `${which} is over: it neither fires nor is pending.${kept}`;
  }
}

function keyOf(alert) {
  return `${alert.alert} ${alert.subject}`;
}

// The link in a notification ends in "#alert=RULE&subject=SUBJECT&incident=ID".
function linkedAlert() {
  const parts = new URLSearchParams(location.hash.slice(1));
  if (!parts.has("alert")) return null;
  return {alert: parts.get("alert"), subject: parts.get("subject") ?? "",
    incident: parts.get("incident")};
}

// The worst first.
function inOrder(alerts) {
  const rank = (alert) =>
    (alert.state === "firing" ? 0 : 10) + SEVERITY_ORDER.indexOf(alert.severity);
  return [...alerts].sort((one, other) => rank(one) - rank(other));
}

// Two rules that speak of the same: the evidence of one is enough to begin with.
function isSameStory(one, other) {
  return one.subject === other.subject && one.cause === other.cause && one.cause !== "";
}

class AlertEntry {
  constructor() {
    this.badge = element("span", {class: "badge"});
    this.summary = element("strong", {class: "alert-summary"});
    this.name = element("span", {class: "alert-name"});
    this.subject = element("span", {class: "subject"});
    this.since = element("span", {class: "soft since"});
    this.numbers = element("p", {class: "soft"});
    this.advice = element("span");
    this.help = new RunbookLink();
    this.evidence = new Evidence("When it fired");
    this.isToldAbove = true;  // as long as it is closed by itself
    this.node = element("li", {},
      element("p", {class: "alert-head"}, this.badge, this.summary),
      element("p", {class: "alert-what"}, this.name, this.subject, this.since),
      this.numbers, element("p", {}, this.advice, " ", this.help.node), this.evidence.node);
  }

  update(alert) {
    const isFiring = alert.state === "firing";
    const mark = alert.isLinked ? " linked" : "";
    setAttribute(this.node, "class", `alert ${alert.state} ${alert.severity}${mark}`);
    setAttribute(this.node, "data-alert", alert.alert);
    setText(this.badge, isFiring ? alert.severity : `pending, ${alert.severity}`);
    setText(this.summary, alert.summary.endsWith(".") ? alert.summary : `${alert.summary}.`);
    setText(this.name, alert.alert);
    setText(this.subject, alert.subject);
    const begin = isFiring ? alert.fired_timestamp_seconds : alert.since_timestamp_seconds;
    const seconds = Math.max(0, alert.now - begin);
    setText(this.since, `since ${momentText(begin, alert.now)}, for ${secondsText(seconds)}`);
    setText(this.numbers, numbersText(alert));
    setText(this.advice, alert.advice);
    this.help.update(alert.alert, alert.alert);
    if (alert.isToldAbove !== this.isToldAbove) this.evidence.node.open = !alert.isToldAbove;
    this.isToldAbove = alert.isToldAbove;
    this.evidence.update(alert.evidence);
  }

  open() {
    this.evidence.node.open = true;
    this.node.scrollIntoView({block: "center"});
  }
}

// "Now 30 %, at its worst 112 %, threshold 80 %. Ends when it has been below 50 % for 12 s more."
function numbersText(alert) {
  const value = (number) => valueText(number, alert.value_unit);
  const worst = alert.worst_value === alert.value ? ""
    : `, at its worst ${value(alert.worst_value)}`;
  const ends = alert.ends === null ? "" : ` Ends ${alert.ends}.`;
  return `Now ${value(alert.value)}${worst}, threshold ${value(alert.threshold)}.${ends}`;
}
