// Times as the clock of the daemon's host shows them, wherever the viewer is.

const HOST_CLOCK = {zone: "UTC", offsetSeconds: 0};
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

// `host`: an answer of /api/v1/host, or null.
function setHostClock(host) {
  HOST_CLOCK.zone = host?.time_zone ?? "UTC";
  HOST_CLOCK.offsetSeconds = host?.utc_offset_seconds ?? 0;
}

// "CET, UTC+1"; only "UTC+5:30" if the zone's name is a number.
function zoneText() {
  const minutes = Math.abs(Math.round(HOST_CLOCK.offsetSeconds / 60));
  const sign = HOST_CLOCK.offsetSeconds < 0 ? "−" : "+";
  const part = minutes % 60 === 0 ? "" : `:${String(minutes % 60).padStart(2, "0")}`;
  const offset = minutes === 0 ? "UTC" : `UTC${sign}${Math.floor(minutes / 60)}${part}`;
  return HOST_CLOCK.zone === "UTC" || /^[+-]?\d/.test(HOST_CLOCK.zone) ? offset
    : `${HOST_CLOCK.zone}, ${offset}`;
}

// A date whose UTC fields are what the host's clock shows.
function hostDate(timestamp) {
  return new Date((timestamp + HOST_CLOCK.offsetSeconds) * 1000);
}

// "23:59:59"
function timeText(timestamp) {
  return hostDate(timestamp).toISOString().slice(11, 19);
}

// "23:59"
function minuteText(timestamp) {
  return timeText(timestamp).slice(0, "23:59".length);
}

// "23:59:59", or "28 Nov, 23:59:59" if that is not today.
function momentText(timestamp, now) {
  const date = hostDate(timestamp);
  const dayOf = (one) => one.toISOString().slice(0, 10);
  const day = dayOf(date) === dayOf(hostDate(now)) ? ""
    : `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}, `;
  return day + timeText(timestamp);
}
