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
      setText(none, "Not judged yet: the first poll is not complete.");
      show(none, true);
      return;
    }
    const rank = (alert) =>
      (alert.state === "firing" ? 0 : 10) + SEVERITY_ORDER.indexOf(alert.severity);
    this.alerts = answer.alerts.map((alert) => ({...alert, now}))
      .sort((one, other) => rank(one) - rank(other));
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

class AlertEntry {
  constructor() {
    this.badge = element("span", {class: "badge"});
    this.name = element("strong", {class: "alert-name"});
    this.subject = element("span", {class: "subject"});
    this.since = element("span", {class: "soft since"});
    this.cause = element("p", {class: "cause"});
    this.evidence = element("p", {class: "evidence"});
    this.numbers = element("p", {class: "soft"});
    this.top = element("p", {class: "soft"});
    this.node = element("li", {},
      element("p", {class: "alert-head"}, this.badge, this.name, this.subject, this.since),
      this.cause, this.evidence, this.numbers, this.top);
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
    const text = alert.evidence?.text ?? "";
    setText(this.evidence, `When it fired: ${text}`);
    show(this.evidence, text !== "");
    setText(this.numbers, `Now ${alert.signal} is ${valueText(alert.value, alert.unit)}, ` +
      `threshold ${valueText(alert.threshold, alert.unit)}`);
    const top = [topText("Most half-open handshakes from", alert.evidence?.top_sources),
      topText("Most unanswered connects to", alert.evidence?.top_destinations)];
    setText(this.top, top.filter((part) => part !== "").join(". "));
    show(this.top, this.top.textContent !== "");
  }
}

function topText(heading, counts) {
  const entries = Object.entries(counts ?? {});
  if (entries.length === 0) return "";
  return `${heading} ${entries.map(([name, count]) => `${name} (${countText(count)})`).join(", ")}`;
}
