// How fresh and how complete the numbers are, and what they cost.

class Status {
  constructor() {
    const table = find("tiers");
    this.sorting = new Sorting(table, [
      (tier) => TIER_NAMES[tier.tier] ?? tier.tier, (tier) => tier.age_seconds,
      (tier) => tier.interval_seconds, (tier) => tier.polls_succeeded_total,
      (tier) => tier.polls_failed_total, (tier) => tier.cpu_seconds_total, conditionOf,
    ], () => this.render());
    this.rows = [];
    this.tiers = new KeyedList(table.tBodies[0], (tier) => tier.tier, () => new TierRow());
    this.facts = new KeyedList(find("facts"), (fact) => fact.name, (fact) => new Fact(fact.name));
  }

  update(status) {
    this.rows = status.tiers.map((tier) => ({...tier, uptime: status.uptime_seconds}));
    this.render();
    this.facts.update(factsOf(status));
    const stale = status.tiers.filter((tier) => tier.is_stale);
    setText(find("status-note"), stale.length === 0 ? "Every poll is on time."
      : `Out of date: ${stale.map((tier) => TIER_NAMES[tier.tier] ?? tier.tier).join(", ")}.`);
    setText(find("version"), `connwatch ${status.version}, revision ${status.revision}, up for ` +
      secondsText(status.uptime_seconds));
  }

  render() {
    this.tiers.update(this.sorting.order(this.rows));
  }
}

class TierRow {
  constructor() {
    const number = (label) => cell({class: "number", "data-label": label});
    this.name = element("span");
    this.age = number("Age");
    this.interval = number("Interval");
    this.succeeded = number("Succeeded");
    this.failed = number("Failed");
    this.cpu = number("CPU of one core");
    this.condition = cell({class: "verdict", "data-label": "Condition"});
    this.node = element("tr", {role: "row"}, rowHeader(this.name), this.age, this.interval,
      this.succeeded, this.failed, this.cpu, this.condition);
  }

  update(tier) {
    setAttribute(this.node, "data-tier", tier.tier);
    setAttribute(this.node, "class", tier.is_stale ? "trouble" : "");
    setText(this.name, TIER_NAMES[tier.tier] ?? tier.tier);
    setText(this.age, secondsText(tier.age_seconds));
    setText(this.interval, secondsText(tier.interval_seconds));
    setText(this.succeeded, countText(tier.polls_succeeded_total));
    setText(this.failed, countText(tier.polls_failed_total));
    setText(this.cpu, tier.uptime > 0 ? shareText(tier.cpu_seconds_total / tier.uptime) : "–");
    setText(this.condition, conditionOf(tier));
  }
}

function conditionOf(tier) {
  if (tier.failure !== null) {
    return `▲ Failed at ${timeText(tier.failure.timestamp_seconds)}: ${tier.failure.text}`;
  }
  if (tier.last_success_timestamp_seconds === null) return "▲ Not polled yet";
  return tier.is_stale ? "▲ Out of date" : "On time";
}

class Fact {
  constructor(name) {
    this.value = element("dd");
    this.node = element("div", {}, element("dt", {}, name), this.value);
  }

  update(fact) {
    setText(this.value, fact.value);
    setAttribute(this.node, "class", fact.isTrouble ? "trouble" : "");
  }
}

// Why the totals are too low; empty if they are not.
function lackOfEvents(events) {
  const reasons = [];
  if (!events.is_active) reasons.push("do not come");
  if (events.absent_seconds_total > 0) {
    reasons.push(`were absent for ${secondsText(events.absent_seconds_total)}`);
  }
  if (events.overruns_total > 0) {
    reasons.push(`were lost ${plural(events.overruns_total, "time", "times")}`);
  }
  return reasons.join(", ");
}

function eventsText(events) {
  const lack = lackOfEvents(events);
  return `${countText(events.received_total)} received, ` +
    (lack === "" ? "none lost" : `▲ some ${lack}: totals are too low`);
}

// Which of the two sources of sockets is in use, and why not the one that sees more.
function walkText(walk) {
  return walk.is_in_use ? "the kernel's own table, of every network namespace"
    : `inet_diag, of this network namespace only. ${sentence(walk.reason)}`.trim();
}

// Whether every handshake counts, and if not, why.
function tracingText(tracing) {
  if (!tracing.is_in_use) return `not in use. ${sentence(tracing.reason)}`.trim();
  const limits = [];
  if (!tracing.sees_no_route) limits.push("this kernel does not show connects without a route");
  const add = (count, one, many) => {
    if (count > 0) limits.push(plural(count, one, many));
  };
  add(tracing.handshakes_without_address_total, "has no address", "have no address");
  add(tracing.handshakes_without_port_total, "has no port and no unit", "have no port and no unit");
  add(tracing.handshakes_untimed_total, "has no duration", "have no duration");
  if (tracing.ends_lost_total > 0) {
    limits.push(`▲ ${plural(tracing.ends_lost_total, "end", "ends")} of connections lost: ` +
      "totals are too low");
  }
  return ["every handshake of the host counts", ...limits].join("; ");
}

function factsOf(status) {
  const events = status.destroy_events;
  const discrepancy = status.sockstat_discrepancy_ratio;
  const cut = status.folded_groups + (status.folded_listeners ?? 0);
  return [
    {name: "Difference from the kernel's socket count",
      value: discrepancy === null ? "not known" : shareText(discrepancy)},
    {name: "Connections followed", value: countText(status.tracked_connections) +
      (status.untracked_connections > 0
        ? `, ${countText(status.untracked_connections)} beyond the limit` : ""),
      isTrouble: status.untracked_connections > 0},
    {name: "Destroy events", value: eventsText(events), isTrouble: lackOfEvents(events) !== ""},
    {name: "Summed up as other", value: cut === 0 ? "none" :
      `${plural(status.folded_groups, "group", "groups")}, ` +
        plural(status.folded_listeners ?? 0, "listener", "listeners")},
    {name: "Source of the sockets", value: walkText(status.kernel_walk)},
    {name: "Handshake tracing", value: tracingText(status.handshake_tracing),
      isTrouble: status.handshake_tracing.ends_lost_total > 0},
    {name: "Configuration", value: status.config.last_reload_successful
      ? `loaded at ${timeText(status.config.last_success_timestamp_seconds)}`
      : "▲ the latest reload failed; the configuration of " +
        `${timeText(status.config.last_success_timestamp_seconds)} is in force`,
      isTrouble: !status.config.last_reload_successful},
    {name: "Memory of the daemon", value: status.process.resident_memory_bytes === null
      ? "not known" : bytesText(status.process.resident_memory_bytes)},
  ];
}
