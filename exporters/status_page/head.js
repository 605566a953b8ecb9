// The head of the page: whose numbers these are, the verdict, and why not to rely on it.

class Head {
  constructor() {
    this.troubles = new KeyedList(find("head-troubles"), (text) => text, (text) => ({
      node: element("li", {}, `▲ ${text}`), update: () => {},
    }));
    this.host = location.host;
    this.latestAnswer = null;  // Unix seconds
  }

  // `troubled`: listeners in trouble.
  update(answers, troubled) {
    this.host = answers.host?.name ?? location.host;
    setText(find("host"), `${this.host} · ${zoneText()}`);
    this.latestAnswer = answers.status.timestamp_seconds;
    setText(find("pulse"), `updated ${timeText(this.latestAnswer)}`);
    show(find("gone"), false);
    document.body.classList.remove("is-gone");
    this.renderVerdict(answers, troubled);
  }

  renderVerdict(answers, troubled) {
    const firing = (answers.alerts?.alerts ?? []).filter((alert) => alert.state === "firing");
    const stale = staleTiers(answers.status);
    const undelivered = (answers.status.notifications ?? []).filter((one) => one.is_failing);
    const wrong = whatIsWrong(answers, firing.length, troubled);
    if (stale.length > 0) wrong.push("some numbers are out of date");
    if (undelivered.length > 0) wrong.push("alerts are not delivered");
    setText(find("verdict"), sentence(wrong.length > 0 ? wrong.join(", ") : "all is well"));
    const troubles = [...undelivered.map(undeliveredText), ...stale.map(staleText)];
    this.troubles.update([...new Set(troubles)]);
    const isCritical = firing.some((alert) => alert.severity === "critical");
    setAttribute(document.body, "data-level",
      isCritical ? "critical" : wrong.length > 0 ? "warning" : "good");
    document.title = (firing.length > 0 ? `(${firing.length}) ` : "") +
      `${this.host} · ${zoneText()} · connwatch`;
  }

  sayGone(reason) {
    const since = this.latestAnswer === null ? `No answer from the daemon yet (${reason}).`
      : `No answer since ${timeText(this.latestAnswer)} (${reason}). ` +
        "The numbers below are from then.";
    setText(find("gone"), `▲ ${since} Trying again every ${PERIOD_MS / 1000} seconds.`);
    show(find("gone"), true);
    setText(find("verdict"), "No answer");
    document.body.classList.add("is-gone");
    document.title = `(no answer) ${this.host} · connwatch`;
  }
}

// The worst alone: what is firing explains what is pending.
function whatIsWrong(answers, firing, troubled) {
  if (answers.alerts === null || !answers.status.is_ready) return ["waiting for the first poll"];
  if (firing > 0) return [plural(firing, "alert is firing", "alerts are firing")];
  const pending = answers.alerts.total;
  if (pending > 0) return [plural(pending, "alert is pending", "alerts are pending")];
  return troubled > 0 ? [plural(troubled, "listener in trouble", "listeners in trouble")] : [];
}

function staleTiers(status) {
  return status.is_ready ? status.tiers.filter((tier) => tier.is_stale) : [];
}

function staleText(tier) {
  const name = TIER_NAMES[tier.tier] ?? tier.tier;
  return `Data is old: ${name.toLowerCase()}, ` + (tier.last_success_timestamp_seconds === null
    ? "never read" : `last read at ${timeText(tier.last_success_timestamp_seconds)}`);
}

function undeliveredText(notification) {
  const reason = notification.failure === null ? "" : `: ${notification.failure}`;
  return `Alerts could not be delivered to ${notification.receiver}${reason}`;
}
