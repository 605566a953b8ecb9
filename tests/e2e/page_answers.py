"""Answers of the API that the page is tested with, instead of what happens on the host."""
import json
import time

import status_page_test as page_test

# window.answers replaces whole answers, window.additions adds fields to those of the daemon.
ANSWER = """
window.answers = %s;
window.additions = %s;
window.asked = [];
const ask = window.fetch;
window.fetch = async (path, options) => {
  const url = new URL(path, location.href);
  const name = url.pathname.replace(/.*\\//, "");
  window.asked.push(name + url.search);
  let answer = window.answers[name];
  if (answer === undefined) {
    const response = await ask(path, options);
    if (!(name in window.additions) || response.status !== 200) return response;
    answer = Object.assign(await response.json(), window.additions[name]);
  } else if (typeof answer === "number") {
    return new Response("", {status: answer});
  } else if (url.searchParams.has("id")) {
    const incidents = [...answer.incidents, ...(answer.older ?? [])]
      .filter((one) => one.id === url.searchParams.get("id"))
      .map((one) => ({...one, history: answer.history}));
    answer = {...answer, total: incidents.length, incidents};
  }
  return new Response(JSON.stringify(answer), {status: 200});
};
"""
QUEUE_FULL = "9f86d081884c7d65"
FLOOD = "60303ae22b998861"
UNREACHED = "fd61a03af4f77d87"
LAST_WEEK = "a4e624d686e03ed2"


def host(**fields):
    """/api/v1/host"""
    limit = lambda name, used, of, **more: {
        "name": name, "used": used, "limit": of, "used_ratio": used / of, "unit": "count",
        "subject": None} | more
    return {
        "name": "web1", "time_zone": "CET", "utc_offset_seconds": 3600,
        "timestamp_seconds": time.time(),
        "limits": [
            limit("ephemeral_ports", 27000, 28232,
                  subject="towards 192.0.2.1:443 from 192.0.2.9"),
            limit("time_wait", 54000, 65536),
            limit("orphans", 12, 16384),
            limit("tcp_memory", 180_000_000, 400_000_000, unit="bytes"),
            limit("conntrack", 1000, 262144) | {"used": None, "used_ratio": None},
            limit("descriptors", 31, 1024)],
        "rates": {
            "span_seconds": 10.0, "segments_sent_per_second": 5210.4,
            "segments_retransmitted_per_second": 61.5, "retransmitted_ratio": 0.0118,
            "connects_per_second": 40.2, "accepts_per_second": 12.0,
            "attempt_fails_per_second": 3.5, "resets_sent_per_second": 1.5,
            "established_resets_per_second": 0.2, "listen_drops_per_second": 7.0,
            "timeouts_per_second": None}} | fields


def incident(identifier, alert, fired, lasted, severity="critical", **fields):
    """An entry of /api/v1/incidents that fired at that time."""
    evidence = {"text": "accept queue 129 of 128, 24 drops/s", "numbers": {},
                "top_sources": {"198.51.100.0/24": 40}, "top_destinations": {}, "top_units": {},
                "top_groups": {}, "destinations": [], "recent": []}
    ended = None if lasted is None else fired + lasted
    return {
        "id": identifier, "fired_timestamp_seconds": fired, "since_timestamp_seconds": fired - 10,
        "ended_timestamp_seconds": ended, "end": None if ended is None else "resolved",
        "end_text": None if ended is None else "over", "worst_timestamp_seconds": fired + 60,
        "alert": alert, "subject": "0.0.0.0:443", "unit": "nginx.service", "severity": severity,
        "signal": "accept_queue_utilization",
        "summary": "nginx.service on 0.0.0.0:443 does not accept connections fast enough",
        "advice": "Find out what the application waits for.", "value_unit": "share", "value": 1.0,
        "worst_value": 1.01, "threshold": 0.8, "cause": "accept_queue_full", "flapping": None,
        "evidence": evidence,
        "worst_evidence": evidence | {"text": "accept queue 130 of 128, 80 drops/s"}} | fields


def sample(at, fired):
    """Of a history around that moment: a queue fills up."""
    is_over = at >= fired
    return {
        "timestamp_seconds": at, "states": {"established": 40 + is_over * 90, "syn_recv": 0},
        "listeners": {"syn_queue_length": 0, "syn_queue_utilization_max_ratio": 0.0,
                      "accept_queue_length": 1 + is_over * 128,
                      "accept_queue_utilization_max_ratio": 1.0 if is_over else 0.125},
        "connects": {"pending": 0, "retransmitting": 0}, "rtt_median_seconds": 0.0005,
        "rates": {"segments_retransmitted_per_second": is_over * 12.5,
                  "attempt_fails_per_second": 0.0, "connects_per_second": 1.0,
                  "accepts_per_second": 9.0, "listen_drops_per_second": is_over * 24.0}}


def incidents(**fields):
    """/api/v1/incidents, with three of the last day and an older one"""
    now = time.time()
    fired = now - 8 * 3600
    return {
        "total": 3, "limit": 200, "offset": 0, "is_persistent": True,
        "incidents": [
            incident(UNREACHED, "ConnectsPending", now - 300, None, severity="warning",
                     subject="postgres", unit="", cause="", value_unit="count", value=5.0,
                     worst_value=9.0, threshold=4.0, worst_evidence=None,
                     worst_timestamp_seconds=None,
                     summary="New connections of the group postgres get no answer"),
            incident(QUEUE_FULL, "AcceptQueueNearlyFull", fired, 1260),
            incident(FLOOD, "SynRecvBacklogGrowth", fired - 120, 3600, cause="syn_flood",
                     end="daemon_stopped", end_text="the daemon was stopped at 2026-02-28T03:00:00Z",
                     summary="Handshakes with nginx.service on 0.0.0.0:443 do not complete")],
        "older": [incident(LAST_WEEK, "CloseWaitLeak", now - 6 * 86400, 90)],
        "history": {"interval_seconds": 5.0, "span_seconds": 600.0,
                    "samples": [sample(fired + at, fired) for at in range(-300, 301, 5)]}} | fields


class AnsweredPageTest(page_test.PageTest):
    """A page that is given the answers of this file."""

    def answers(self):
        """{name: the answer, or an HTTP status}"""
        # The refusal of the daemon would be an error on the browser's console.
        return {"host": host(), "incidents": incidents(), "sockets": 403}

    def additions(self):
        """{name: {field: value}}"""
        return {}

    def prepare_browser(self):
        self.browser.run_first(ANSWER % (json.dumps(self.answers()), json.dumps(self.additions())))

    def put(self, name, answer):
        """From the next update on."""
        self.browser.run("window.answers[arguments[0]] = arguments[1]", name, answer)

    def add(self, name, **fields):
        self.browser.run("window.additions[arguments[0]] = arguments[1]", name, fields)

    def texts(self, selector):
        return self.browser.run("return [...document.querySelectorAll(arguments[0])]"
                                ".map((node) => node.textContent)", selector)
