// Asks the JSON API every two seconds while somebody looks, and says so when there is no answer.

const PERIOD_MS = 2000;
const PATIENCE_MS = 5000;
const SLOW_EVERY = 3;  // updates

const QUICK = {alerts: "alerts?limit=1000", listeners: "listeners?limit=1000",
  handshakes: "handshakes?limit=10", states: "states", status: "status", history: "history"};
const SLOW = {groups: "groups?limit=1000", namespaces: "namespaces?limit=1000"};

// The answer, or null where the daemon has not found out yet (503).
async function ask(name) {
  const response = await fetch(`api/v1/${name}`, {
    cache: "no-store", credentials: "same-origin", signal: AbortSignal.timeout(PATIENCE_MS),
  });
  if (response.status === 503) return null;
  if (!response.ok) throw new Error(`${name} was answered with ${response.status}`);
  return response.json();
}

class Page {
  constructor() {
    this.alerts = new Alerts();
    this.states = new States();
    this.listeners = new Listeners();
    this.namespaces = new Namespaces();
    this.handshakes = new Handshakes();
    this.destinations = new Destinations();
    this.groups = new Groups();
    this.status = new Status();
    this.answers = {};
    this.updates = 0;
    this.latestAnswer = null;  // a Date
    this.isAsking = false;
    this.timer = 0;
    setText(find("host"), location.host);
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
      this.sayGone(failure.message);
    }
  }

  // One after the other, so that a viewer takes one connection of the daemon.
  async askAll() {
    const wanted = this.updates % SLOW_EVERY === 0 ? {...QUICK, ...SLOW} : QUICK;
    for (const [name, path] of Object.entries(wanted)) this.answers[name] = await ask(path);
    this.updates += 1;
  }

  render(answers) {
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
    this.renderVerdict(answers);
    this.latestAnswer = new Date();
    setText(find("pulse"), `updated ${this.latestAnswer.toLocaleTimeString("en-GB")}`);
    show(find("gone"), false);
    document.body.classList.remove("is-gone");
  }

  renderVerdict(answers) {
    const firing = (answers.alerts?.alerts ?? []).filter((alert) => alert.state === "firing");
    const isStale = answers.status.is_ready && answers.status.tiers.some((tier) => tier.is_stale);
    const wrong = this.whatIsWrong(answers, firing.length);
    if (isStale) wrong.push("some numbers are out of date");
    setText(find("verdict"), sentence(wrong.length > 0 ? wrong.join(", ") : "all is well"));
    const isCritical = firing.some((alert) => alert.severity === "critical");
    setAttribute(document.body, "data-level",
      isCritical ? "critical" : wrong.length > 0 ? "warning" : "good");
    document.title = (firing.length > 0 ? `(${firing.length}) ` : "") +
      `connwatch ${location.host}`;
  }

  // The worst alone: what is firing explains what is pending.
  whatIsWrong(answers, firing) {
    if (answers.alerts === null || !answers.status.is_ready) return ["waiting for the first poll"];
    if (firing > 0) return [plural(firing, "alert is firing", "alerts are firing")];
    const pending = answers.alerts.total;
    if (pending > 0) return [plural(pending, "alert is pending", "alerts are pending")];
    const troubled = this.listeners.troubled + this.namespaces.troubledListeners;
    return troubled > 0 ? [plural(troubled, "listener in trouble", "listeners in trouble")] : [];
  }

  sayGone(reason) {
    const since = this.latestAnswer === null ? `No answer from the daemon yet (${reason}).`
      : `No answer since ${this.latestAnswer.toLocaleTimeString("en-GB")} (${reason}). ` +
        "The numbers below are from then.";
    setText(find("gone"), `▲ ${since} Trying again every ${PERIOD_MS / 1000} seconds.`);
    show(find("gone"), true);
    setText(find("verdict"), "No answer");
    document.body.classList.add("is-gone");
    document.title = `(no answer) connwatch ${location.host}`;
  }
}

new Page();
