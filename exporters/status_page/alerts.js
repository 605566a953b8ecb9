// The firing alerts with what spoke for them, then the pending ones.

const SEVERITY_ORDER = ["critical", "warning", "info"];
const ALERTS_SHOWN = 12;  // before "Show all"

class Alerts {
  constructor() {
    this.list = new KeyedList(find("alerts"), (alert) => `${alert.alert} ${alert.subject}`,
      () => new AlertEntry());
    this.expander = new Expander(find("alerts-more"), () => this.render());
    this.alerts = [];
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
    this.render();
    setText(none, "No alert is firing and none is pending.");
    show(none, this.alerts.length === 0);
    setText(find("alerts-note"), this.noteOn(answer));
  }

  noteOn(answer) {
    if (this.alerts.length === 0) return "";
    const firing = this.alerts.filter((alert) => alert.state === "firing").length;
    const note = `${countText(firing)} firing, ${countText(this.alerts.length - firing)} pending`;
    const left = answer.total - this.alerts.length;
    return left > 0 ? `${note} of the first ${countText(this.alerts.length)}; ` +
      `${countText(left)} more are not shown` : note;
  }

  render() {
    this.list.update(this.expander.cut(this.alerts, ALERTS_SHOWN, "alerts"));
  }
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
    this.name = element("strong", {class: "alert-name"});
    this.subject = element("span", {class: "subject"});
    this.since = element("span", {class: "soft since"});
    this.cause = element("p", {class: "cause"});
    this.numbers = element("p", {class: "soft"});
    this.text = element("p");
    this.top = element("p", {class: "soft"});
    this.evidence = element("details", {},
      element("summary", {}, "When it fired"), this.text, this.top);
    this.isToldAbove = true;  // as long as it is closed by itself
    this.node = element("li", {},
      element("p", {class: "alert-head"}, this.badge, this.name, this.subject, this.since),
      this.cause, this.numbers, this.evidence);
  }

  update(alert) {
    const isFiring = alert.state === "firing";
    setAttribute(this.node, "class", `alert ${alert.state} ${alert.severity}`);
    setAttribute(this.node, "data-alert", alert.alert);
    setText(this.badge, isFiring ? alert.severity : `pending, ${alert.severity}`);
    setText(this.name, alert.alert);
    setText(this.subject, alert.subject);
    const begin = isFiring ? alert.fired_timestamp_seconds : alert.since_timestamp_seconds;
    const seconds = Math.max(0, alert.now - begin);
    setText(this.since, `since ${timeText(begin)}, for ${secondsText(seconds)}`);
    setText(this.cause, causeText(alert.cause));
    show(this.cause, alert.cause !== "");
    setText(this.numbers, `Now ${alert.signal} is ${valueText(alert.value, alert.unit)}, ` +
      `threshold ${valueText(alert.threshold, alert.unit)}`);
    this.updateEvidence(alert);
  }

  updateEvidence(alert) {
    if (alert.isToldAbove !== this.isToldAbove) this.evidence.open = !alert.isToldAbove;
    this.isToldAbove = alert.isToldAbove;
    setText(this.text, sentence(alert.evidence?.text ?? ""));
    const top = [topText("Most half-open handshakes from", alert.evidence?.top_sources),
      topText("Most unanswered connects to", alert.evidence?.top_destinations)];
    setText(this.top, top.filter((part) => part !== "").join(". "));
    show(this.evidence, this.text.textContent + this.top.textContent !== "");
  }
}

function topText(heading, counts) {
  const entries = Object.entries(counts ?? {});
  if (entries.length === 0) return "";
  return `${heading} ${entries.map(([name, count]) => `${name} (${countText(count)})`).join(", ")}`;
}
