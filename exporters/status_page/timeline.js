// A day of incidents as bars over a line of hours. It is one stop of the keyboard; the arrow keys
// go from bar to bar.

const TIMELINE_SECONDS = 86400;
const TIMELINE_LANES = 8;
const TICK_SECONDS = 3 * 3600;
const LEAST_WIDTH = 0.7;  // percent: what a finger or an eye still finds

class Timeline {
  // `onChoose` is called with the id of the incident whose bar is pressed.
  constructor(node, onChoose) {
    this.onChoose = onChoose;
    this.ticks = element("div", {class: "ticks", "aria-hidden": "true"});
    this.bars = element("div", {class: "bars", role: "toolbar",
      "aria-label": "Incidents of the last day, by time"});
    node.append(this.bars, this.ticks);
    this.tickList = new KeyedList(this.ticks, (tick) => String(tick.time), () => {
      const tick = element("span", {class: "tick"});
      return {node: tick, update: ({time, left}) => {
        tick.style.left = `${left}%`;
        setText(tick, minuteText(time));
      }};
    });
    this.list = new KeyedList(this.bars, (bar) => bar.id, (bar) => new TimelineBar(bar.id));
    this.bars.addEventListener("click", (event) => this.onClick(event));
    this.bars.addEventListener("keydown", (event) => this.onKey(event));
    this.current = null;  // the id of the bar that the keyboard reaches
  }

  update(incidents, now) {
    const bars = inLanes(incidents.map((incident) => ({...incident, ...extentOf(incident, now)})));
    if (!bars.some((bar) => bar.id === this.current)) this.current = bars.at(-1)?.id ?? null;
    this.list.update(bars.map((bar) => ({...bar, now, isCurrent: bar.id === this.current})));
    const lanes = Math.max(0, ...bars.map((bar) => bar.lane + 1));
    this.bars.style.height = `${lanes * 18}px`;
    this.tickList.update(ticksBefore(now));
  }

  onClick(event) {
    const id = event.target.closest("button")?.dataset.incident;
    if (id === undefined) return;
    this.makeCurrent(id);
    this.onChoose(id);
  }

  onKey(event) {
    const buttons = [...this.bars.children];
    const at = buttons.indexOf(document.activeElement);
    const last = buttons.length - 1;
    const next = {ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: last}[event.key];
    if (next === undefined || at < 0) return;
    event.preventDefault();
    const button = buttons[Math.max(0, Math.min(last, next))];
    this.makeCurrent(button.dataset.incident);
    button.focus();
  }

  makeCurrent(id) {
    this.current = id;
    for (const button of this.bars.children) {
      setAttribute(button, "tabindex", button.dataset.incident === id ? "0" : "-1");
    }
  }
}

class TimelineBar {
  constructor(id) {
    this.node = element("button", {type: "button", "data-incident": id});
  }

  update(bar) {
    setAttribute(this.node, "class", `bar-of-incident ${bar.severity}`);
    setAttribute(this.node, "tabindex", bar.isCurrent ? "0" : "-1");
    const text = `${bar.severity}: ${bar.alert} on ${bar.subject}, ${incidentTimes(bar, bar.now)}`;
    setAttribute(this.node, "aria-label", text);
    setAttribute(this.node, "title", text);
    this.node.style.left = `${bar.left}%`;
    this.node.style.width = `${bar.width}%`;
    this.node.style.top = `${bar.lane * 18}px`;
  }
}

// Where its bar begins, and how wide it is, in percent of the day that ends `now`.
function extentOf(incident, now) {
  const percent = (time) => Math.max(0, Math.min(100, 100 * (1 + (time - now) / TIMELINE_SECONDS)));
  const end = percent(incident.ended_timestamp_seconds ?? now);
  const width = Math.max(LEAST_WIDTH, end - percent(incident.fired_timestamp_seconds));
  return {left: Math.min(percent(incident.fired_timestamp_seconds), 100 - width), width};
}

// The earliest first, each in the first lane that is free. Bars without a lane are left out.
function inLanes(bars) {
  const ends = [];  // of the lanes
  const placed = [];
  for (const bar of [...bars].sort((one, other) => one.left - other.left)) {
    let lane = ends.findIndex((end) => end <= bar.left);
    if (lane < 0) lane = ends.length;
    if (lane >= TIMELINE_LANES) continue;
    ends[lane] = bar.left + bar.width + 0.15;
    placed.push({...bar, lane});
  }
  return placed;
}

// Every third hour of the host's clock.
function ticksBefore(now) {
  const local = now + HOST_CLOCK.offsetSeconds;
  const ticks = [];
  let time = local - local % TICK_SECONDS - HOST_CLOCK.offsetSeconds;
  for (; time > now - TIMELINE_SECONDS; time -= TICK_SECONDS) {
    ticks.unshift({time, left: 100 * (1 + (time - now) / TIMELINE_SECONDS)});
  }
  return ticks;
}
