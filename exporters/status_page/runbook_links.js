// Which alerts and diagnoses have a section on the page at /runbook.

const RUNBOOK_SECTIONS = new Set([
  "SynRecvBacklogGrowth", "SynQueueNearlyFull", "AcceptQueueNearlyFull", "ListenerDropping",
  "SynCookiesActive", "ConnectsPending", "ConnectFailures", "ConnectsRefused", "ConnectsTimingOut",
  "ConnectsUnreachable", "HandshakeLatencyDoubled", "SynRetransmissionsHigh", "ConnectionsStalled",
  "ReuseportImbalance", "EphemeralPortsNearlyExhausted", "SourcePortsNearlyExhausted",
  "TcpMemoryPressure", "OrphansNearLimit", "ConntrackNearlyFull", "ConntrackInsertFailed",
  "TimeWaitNearLimit", "RetransmitRateHigh", "CloseWaitLeak", "RttHigh", "TotalsNotExact",
  "DestroyEventsAbsent", "DestroyEventsLost", "MonitorStale",
]);

const CAUSE_SECTIONS = {
  accept_queue_full: "AcceptQueueNearlyFull", syn_flood: "SynRecvBacklogGrowth",
  return_path_loss: "SynRecvBacklogGrowth", syn_cookies: "SynCookiesActive",
};

// A link "What to do" to a section, hidden while there is none.
class RunbookLink {
  constructor() {
    this.node = element("a", {class: "what-to-do", hidden: ""}, "What to do");
  }

  // `section`: a name, or undefined. `topic`: what the link is about, for screen readers.
  update(section, topic) {
    const isThere = RUNBOOK_SECTIONS.has(section);
    show(this.node, isThere);
    if (!isThere) return;
    setAttribute(this.node, "href", `runbook#${section}`);
    setAttribute(this.node, "aria-label", `What to do: ${topic}`);
  }
}
