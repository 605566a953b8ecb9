// One incident: a line that opens to what is known of it.

class IncidentEntry {
  constructor(id) {
    this.badge = element("span", {class: "badge"});
    this.summary = element("strong", {class: "incident-summary"});
    this.name = element("span", {class: "alert-name"});
    this.subject = element("span", {class: "subject"});
    this.times = element("span", {class: "soft"});
    this.facts = new KeyedList(element("dl", {class: "facts"}), (fact) => fact.name,
      (fact) => new Fact(fact.name));
    this.advice = element("p");
    this.fired = new Evidence("When it fired");
    this.worst = new Evidence("At the worst");
    this.help = new RunbookLink();
    this.link = element("a", {}, "Link to this incident");
    this.picture = new IncidentPicture();
    this.head = element("summary", {}, this.badge, this.summary,
      element("span", {class: "incident-what"}, this.name, this.subject, this.times));
    this.details = element("details", {class: "incident-details"}, this.head, this.facts.parent,
      this.advice, this.fired.node, this.worst.node, this.picture.node,
      element("p", {class: "incident-links"}, this.help.node, this.link));
    this.node = element("li", {"data-incident": id}, this.details);
    for (const evidence of [this.fired, this.worst]) evidence.node.open = true;
    this.details.addEventListener("toggle", () => this.onToggle());
  }

  // `incident` with `now`, the time of the answer, and `isLinked`.
  update(incident) {
    this.incident = incident;
    const mark = incident.isLinked ? " linked" : "";
    setAttribute(this.node, "class", `incident ${incident.severity}${mark}`);
    setText(this.badge, incident.severity);
    setText(this.summary, sentence(incident.summary));
    setText(this.name, incident.alert);
    setText(this.subject, incident.subject);
    setText(this.times, incidentTimes(incident, incident.now));
    if (this.details.open) this.render();
  }

  onToggle() {
    if (this.details.open) this.render();
  }

  render() {
    const incident = this.incident;
    this.facts.update(incidentFacts(incident));
    setText(this.advice, incident.advice);
    this.fired.update(incident.evidence);
    this.worst.update(incident.worst_evidence);
    if (incident.worst_timestamp_seconds !== null) {
      const worst = momentText(incident.worst_timestamp_seconds, incident.now);
      setText(this.worst.title, `At the worst, ${worst}`);
    }
    this.help.update(incident.alert, incident.alert);
    setAttribute(this.link, "href", `#${new URLSearchParams(
      {alert: incident.alert, subject: incident.subject, incident: incident.id})}`);
    setAttribute(this.link, "aria-label",
      `Link to this incident: ${incident.alert} on ${incident.subject}`);
    this.picture.load(incident, incident.now);
  }

  open() {
    this.details.open = true;
    this.head.focus({preventScroll: true});
    this.node.scrollIntoView({block: "start"});
  }
}

// "03:00:05, for 5 min, it was over at 03:05:05" or "03:00:05, still firing after 5 min".
function incidentTimes(incident, now) {
  const end = incident.ended_timestamp_seconds;
  const lasted = secondsText(Math.max(0, (end ?? now) - incident.fired_timestamp_seconds));
  const began = momentText(incident.fired_timestamp_seconds, now);
  return end === null ? `${began}, still firing after ${lasted}`
    : `${began}, for ${lasted}, ${endText(incident, now)}`;
}

// How it ended, with times as the host's clock shows them.
function endText(incident, now) {
  return incident.end_text.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g,
    (time) => momentText(Date.parse(time) / 1000, now));
}

function incidentFacts(incident) {
  const moment = (time) => momentText(time, incident.now);
  const value = (number) => valueText(number, incident.value_unit);
  const end = incident.ended_timestamp_seconds;
  const lasted = secondsText(Math.max(0, (end ?? incident.now) - incident.fired_timestamp_seconds));
  const place = [incident.namespace, incident.pod].filter((part) => part !== undefined).join("/");
  const cause = incident.cause === "" ? [] : [{name: "Cause", value: causeText(incident.cause)}];
  return [
    {name: "Unit", value: incident.unit === "" ? "not known" : unitText(incident.unit)},
    ...(place === "" ? [] : [{name: "Pod", value: place}]),
    {name: "Began", value: `${moment(incident.since_timestamp_seconds)}, fired ` +
      moment(incident.fired_timestamp_seconds)},
    {name: "Duration", value: lasted},
    {name: "How it ended", value: end === null ? "it still fires"
      : incident.end === "resolved" ? `over at ${moment(end)}` : endText(incident, incident.now)},
    {name: "Values", value: `latest ${value(incident.value)}, at the worst ` +
      `${value(incident.worst_value)}, threshold ${value(incident.threshold)}`},
    ...cause,
  ];
}
