// The incidents of the last day: as a timeline, and one by one.

const INCIDENTS_SHOWN = 8;  // before "Show all"

class Recently {
  constructor() {
    this.list = new KeyedList(find("incidents"), (incident) => incident.id,
      (incident) => new IncidentEntry(incident.id));
    this.timeline = new Timeline(find("timeline"), (id) => this.open(id));
    this.expander = new Expander(find("incidents-more"), () => this.render());
    this.incidents = [];
    this.now = 0;
    this.linked = null;  // the id of the incident that the address of the page names
    this.older = null;   // this incident, if it is not one of the last day
  }

  // `answer`: an answer of /api/v1/incidents, or null. If it is an error, what was known is shown.
  update(answer, status) {
    this.now = status.timestamp_seconds;
    if (answer?.incidents) this.incidents = answer.incidents;
    this.render();
    this.timeline.update(this.incidents, this.now);
    show(find("timeline"), this.incidents.length > 0);
    show(find("incidents-none"), this.incidents.length === 0 && !answer?.error);
    setText(find("incidents-none"), answer === null ? "The daemon has not answered about incidents."
      : "No alert has fired in the last day.");
    setText(find("incidents-note"), answer === null ? "" : recentlyNote(answer, status));
  }

  render() {
    const all = [...this.incidents];
    if (this.older !== null && !all.some((one) => one.id === this.older.id)) all.push(this.older);
    const place = all.findIndex((incident) => incident.id === this.linked);
    const shown = this.expander.cut(all, Math.max(INCIDENTS_SHOWN, place + 1), "incidents");
    this.list.update(shown.map((incident) => (
      {...incident, now: this.now, isLinked: incident.id === this.linked})));
  }

  open(id) {
    if (!this.list.entries.has(id)) {
      this.expander.isOpen = true;
      this.render();
    }
    this.list.entries.get(id)?.open();
  }

  // Shows the incident that the address names; null for none. Returns whether it is known.
  async follow(id) {
    this.linked = id;
    this.older = null;
    if (id !== null && !this.incidents.some((incident) => incident.id === id)) {
      const answer = await askIncidents(`id=${encodeURIComponent(id)}`);
      if (this.linked !== id) return true;  // another link was followed meanwhile
      this.older = answer?.incidents?.[0] ?? null;
    }
    this.render();
    if (id === null) return true;
    this.open(id);
    return this.list.entries.has(id);
  }
}

function recentlyNote(answer, status) {
  if (answer.error) return `▲ Incidents cannot be read: ${answer.error}.`;
  const notes = [];
  if (answer.total > 0) {
    notes.push(`${plural(answer.total, "alert", "alerts")} fired in the last day.`);
  }
  if (answer.total > answer.incidents.length) {
    notes.push(`The latest ${countText(answer.incidents.length)} are shown.`);
  }
  if (!answer.is_persistent) {
    notes.push("Incidents are kept in memory only: a restart of the daemon forgets them.");
  }
  const problem = status.incident_store?.problem ?? null;
  if (problem !== null) notes.push(`▲ Incidents cannot be stored: ${problem}.`);
  return notes.join(" ");
}
