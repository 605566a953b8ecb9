// How close the host is to its limits, and what goes wrong per second.

const LIMIT_NAMES = {
  ephemeral_ports: "Ports for outbound connections", time_wait: "TIME-WAIT sockets",
  orphans: "Orphaned sockets", tcp_memory: "Memory of TCP", conntrack: "Connection tracking",
  descriptors: "Descriptors of the daemon",
};
const LIMIT_HIGH = 0.8;
const LIMIT_FULL = 0.95;

class Limits {
  constructor() {
    this.list = new KeyedList(find("limits"), (limit) => limit.name,
      (limit) => new LimitEntry(limit.name));
    this.rates = new KeyedList(find("rates"), (fact) => fact.name, (fact) => new Fact(fact.name));
    this.resent = new Figure(find("resent-history"), rateText);
    this.failed = new Figure(find("failed-history"), rateText);
  }

  // `host`: an answer of /api/v1/host, or null.
  update(host, history) {
    const limits = host?.limits ?? [];
    this.list.update(limits);
    show(find("limits-none"), limits.length === 0);
    this.rates.update(host === null ? [] : ratesOf(host.rates));
    const span = host?.rates?.span_seconds ?? null;
    setText(find("limits-note"), span === null ? ""
      : `The rates are of the last ${secondsText(span)}.`);
    if (history === null) return;
    this.resent.update(history, (s) => s.rates?.segments_retransmitted_per_second, 1);
    this.failed.update(history, (s) => s.rates?.attempt_fails_per_second, 1);
  }
}

class LimitEntry {
  constructor(name) {
    const title = LIMIT_NAMES[name] ?? name;
    this.fill = element("span", {class: "fill"});
    this.bar = element("span", {class: "bar", role: "meter", "aria-label": title,
      "aria-valuemin": "0", "aria-valuemax": "100"}, this.fill);
    this.numbers = element("span", {class: "limit-numbers"});
    this.subject = element("span", {class: "soft subject"});
    this.node = element("li", {class: "limit", "data-limit": name},
      element("span", {class: "label"}, title), this.bar, this.numbers, this.subject);
  }

  update(limit) {
    const share = limit.used_ratio ?? null;
    const level = share === null ? "unknown"
      : share >= LIMIT_FULL ? "full" : share >= LIMIT_HIGH ? "high" : "low";
    const text = limitText(limit, share);
    setAttribute(this.bar, "data-level", level);
    setAttribute(this.bar, "aria-valuenow", String(Math.round(Math.min(1, share ?? 0) * 100)));
    setAttribute(this.bar, "aria-valuetext", text);
    this.fill.style.width = `${Math.min(100, (share ?? 0) * 100)}%`;
    setAttribute(this.node, "data-level", level);
    setText(this.numbers, level === "full" ? `▲ ${text}` : text);
    setText(this.subject, limit.subject ?? "");
  }
}

// "22,000 of 28,232, 78 %"
function limitText(limit, share) {
  const number = limit.unit === "bytes" ? bytesText : countText;
  const used = limit.used === null ? null : number(limit.used);
  if (limit.limit === null) return used === null ? "not known" : `${used}; the limit is not known`;
  if (used === null) return `not known, of ${number(limit.limit)}`;
  return `${used} of ${number(limit.limit)}${share === null ? "" : `, ${shareText(share)}`}`;
}

function ratesOf(rates) {
  const resent = rateText(rates?.segments_retransmitted_per_second);
  const ratio = rates?.retransmitted_ratio ?? null;
  return [
    {name: "Failed handshakes", value: rateText(rates?.attempt_fails_per_second)},
    {name: "Segments sent again",
      value: ratio === null ? resent : `${resent}, ${shareText(ratio)} of all`},
    {name: "Drops of listeners", value: rateText(rates?.listen_drops_per_second)},
    {name: "Connections given up after timeouts", value: rateText(rates?.timeouts_per_second)},
    {name: "Connections reset", value: rateText(rates?.established_resets_per_second)},
    {name: "Resets sent", value: rateText(rates?.resets_sent_per_second)},
    {name: "Outbound connects", value: rateText(rates?.connects_per_second)},
    {name: "Inbound connections", value: rateText(rates?.accepts_per_second)},
    {name: "Segments sent", value: rateText(rates?.segments_sent_per_second)},
  ];
}
