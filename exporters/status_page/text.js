// Numbers and names as people read them. Everything here gives plain text.

const NUMBER = new Intl.NumberFormat("en");

const STATE_NAMES = {
  listen: "LISTEN", syn_sent: "SYN-SENT", syn_recv: "SYN-RECV", established: "ESTABLISHED",
  fin_wait1: "FIN-WAIT-1", fin_wait2: "FIN-WAIT-2", close_wait: "CLOSE-WAIT", closing: "CLOSING",
  last_ack: "LAST-ACK", time_wait: "TIME-WAIT", close: "CLOSED",
};

const CAUSE_NAMES = {
  accept_queue_full: "Accept queue full", syn_flood: "SYN flood",
  return_path_loss: "Return path loses packets", syn_cookies: "SYN cookies in use",
  deferred_accept: "Deferred accept, no trouble",
};

// Of connects that did not succeed.
const OUTCOME_NAMES = {
  refused: "refused", timed_out: "timed out", unreachable: "unreachable", no_route: "no route",
  no_port: "no free local port", abandoned: "abandoned", reset: "reset", other: "another error",
};

const TIER_NAMES = {
  listeners: "Listening sockets", handshakes: "Pending handshakes", full: "Every socket",
};

function sentence(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function causeText(cause) {
  return CAUSE_NAMES[cause] ?? cause;
}

// A unit or a group named after one: of a container's long id its beginning, as container tools do.
function unitText(unit) {
  return unit.replace(/[0-9a-f]{32,}/g, (id) => `${id.slice(0, 12)}…`);
}

function countText(number) {
  return NUMBER.format(number);
}

// Three digits at most, and the unit that suits them.
function scaledText(number, units, step) {
  let unit = 0;
  while (Math.abs(number) >= 999.5 && unit + 1 < units.length) {
    number /= step;
    unit += 1;
  }
  return `${significant(number)} ${units[unit]}`;
}

// For narrow columns: exact below a million.
function briefCountText(number) {
  return number < 1e6 ? countText(number) : scaledText(number, ["", "k", "M", "G", "T"], 1000);
}

function bytesText(bytes) {
  return scaledText(bytes, ["B", "kB", "MB", "GB", "TB", "PB"], 1000);
}

function secondsText(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds < 0.0009995) return `${Math.round(seconds * 1e6)} µs`;
  if (seconds < 0.9995) return `${significant(seconds * 1e3)} ms`;
  if (seconds < 90) return `${seconds < 9.95 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${Math.floor(minutes / 1440)} days`;
}

// Three digits, without zeros at the end.
function significant(number) {
  return String(Number(number.toPrecision(3)));
}

function shareText(share) {
  if (share > 0 && share < 0.001) return "< 0.1 %";
  const digits = share < 0.1 && share > 0 ? 1 : 0;
  return `${(share * 100).toFixed(digits)} %`;
}

function rateText(perSecond) {
  return perSecond === null || perSecond === undefined ? "–" : `${significant(perSecond)}/s`;
}

// A value of an alert's signal.
function valueText(value, unit) {
  switch (unit) {
    case "share": return shareText(value);
    case "seconds": return secondsText(value);
    case "bytes": return bytesText(value);
    case "factor": return `${significant(value)} x`;
    case "per second": return `${significant(value)}/s`;
    default: return Number.isInteger(value) ? countText(value) : significant(value);
  }
}

function plural(number, one, many) {
  return `${countText(number)} ${number === 1 ? one : many}`;
}
