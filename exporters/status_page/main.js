// Asks the JSON API every two seconds while somebody looks, and says so when there is no answer.

const PERIOD_MS = 2000;
const PATIENCE_MS = 5000;
const SLOW_EVERY = 3;  // updates

const QUICK = {alerts: "alerts?limit=1000", listeners: "listeners?limit=1000",
  handshakes: "handshakes?limit=1", states: "states", history: "history", host: "host"};
const SLOW = {groups: "groups?limit=1000", namespaces: "namespaces?limit=1000"};
const DAY_SECONDS = 86400;

// The answer, or null where the daemon has not found out yet (503).
async function ask(name) {
  const response = await fetch(`api/v1/${name}`, {
    cache: "no-store", credentials: "same-origin", signal: AbortSignal.timeout(PATIENCE_MS),
  });
  if (response.status === 503) return null;
  if (!response.ok) throw new Error(`${name} was answered with ${response.status}`);
  return response.json();
}

// The same for incidents, which come from the disk: an object with `error` if that fails.
async function askIncidents(query) {
  try {
    return await ask(`incidents?${query}`);
  } catch (error) {
    return {error: error.message};
  }
}

class Page {
  constructor() {
    this.theme = new ThemeChoice(find("theme"));
    this.head = new Head();
    this.recently = new Recently();
    this.alerts = new Alerts((id) => this.recently.follow(id));
    this.limits = new Limits();
    this.states = new States();
    this.listeners = new Listeners();
    this.namespaces = new Namespaces();
    this.handshakes = new Handshakes();
    this.destinations = new Destinations();
    this.groups = new Groups();
    this.status = new Status();
    askForSockets(() => {
      if (this.updates > 0) this.render(this.answers);
    });
    this.answers = {incidents: null};
    this.isAskingIncidents = false;
    this.updates = 0;
    this.isAsking = false;
    this.timer = 0;
    document.addEventListener("visibilitychange", () => this.onVisibility());
    this.onVisibility();
  }

  onVisibility() {
    clearTimeout(this.timer);
    if (!document.hidden && !this.isAsking) this.update();
  }

  async update() {
    this.isAsking = true;
    let failure = null;
    try {
      await this.askAll();
    } catch (error) {
      failure = error;
    }
    this.isAsking = false;
    if (!document.hidden) this.timer = setTimeout(() => this.update(), PERIOD_MS);
    if (failure === null) {
      this.render(this.answers);
    } else {
      this.head.sayGone(failure.message);
    }
  }

  // One after the other, so that a viewer takes one connection of the daemon.
  async askAll() {
    const isSlowTurn = this.updates % SLOW_EVERY === 0;
    const wanted = isSlowTurn ? {...QUICK, ...SLOW} : QUICK;
    this.answers.status = await ask("status");
    if (isSlowTurn && !this.isAskingIncidents) this.askIncidents();
    for (const [name, path] of Object.entries(wanted)) this.answers[name] = await ask(path);
    this.updates += 1;
  }

  // Not awaited: a disk that is slow or broken must not hold up the rest of the page.
  async askIncidents() {
    this.isAskingIncidents = true;
    const since = this.answers.status.timestamp_seconds - DAY_SECONDS;
    this.answers.incidents = await askIncidents(`since=${since}&limit=200`);
    this.isAskingIncidents = false;
    if (this.updates > 0) this.render(this.answers);
  }

  render(answers) {
    setHostClock(answers.host);
    this.limits.update(answers.host, answers.history);
    this.recently.update(answers.incidents, answers.status);
    // Ages are counted to the daemon's clock, not the viewer's.
    this.alerts.update(answers.alerts, answers.status.timestamp_seconds);
    this.states.update(answers.states, answers.history);
    this.listeners.update(answers.listeners, answers.alerts, answers.history);
    this.namespaces.update(answers.namespaces, answers.alerts);
    this.handshakes.update(answers.handshakes, answers.history);
    this.destinations.update(answers.handshakes, answers.status.handshake_tracing);
    this.groups.update(answers.groups, answers.history,
      lackOfEvents(answers.status.destroy_events));
    this.status.update(answers.status);
    this.head.update(answers,
      this.listeners.troubled + this.namespaces.troubledListeners);
  }
}

new Page();
