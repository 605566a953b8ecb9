// What the host did around the moment when an alert fired: the samples that were kept with it.

const PICTURE_SECONDS = 300;  // before and after

const PICTURE_NUMBERS = [
  ["Fullest SYN queue", (s) => s.listeners?.syn_queue_utilization_max_ratio, shareText, 1],
  ["Fullest accept queue", (s) => s.listeners?.accept_queue_utilization_max_ratio, shareText, 1],
  ["Half-open handshakes (SYN-RECV)", (s) => s.states?.syn_recv, countText, 4],
  ["Connects that wait for an answer", (s) => s.connects?.pending, countText, 4],
  ["Established connections", (s) => s.states?.established, countText, 4],
  ["CLOSE-WAIT", (s) => s.states?.close_wait, countText, 4],
  ["TIME-WAIT", (s) => s.states?.time_wait, countText, 4],
  ["Segments sent again", (s) => s.rates?.segments_retransmitted_per_second, rateText, 1],
  ["Failed handshakes", (s) => s.rates?.attempt_fails_per_second, rateText, 1],
  ["Drops of listeners", (s) => s.rates?.listen_drops_per_second, rateText, 1],
  ["Outbound connects", (s) => s.rates?.connects_per_second, rateText, 1],
  ["Inbound connections", (s) => s.rates?.accepts_per_second, rateText, 1],
  ["Median round trip", (s) => s.rtt_median_seconds, secondsText, 1e-9],
];

class IncidentPicture {
  constructor() {
    this.note = element("p", {class: "soft picture-note"});
    this.list = element("div", {class: "pictures"});
    this.node = element("div", {}, this.note, this.list);
    this.isAsking = false;
    this.isComplete = false;
  }

  // Asks for the samples, unless all of them are there. They go on for a while after it fired.
  async load(incident, now) {
    if (this.isAsking || this.isComplete) return;
    this.isAsking = true;
    try {
      const answer = await ask(`incidents?id=${encodeURIComponent(incident.id)}`);
      if (!answer?.incidents) throw new Error(answer?.error ?? "the daemon keeps no incidents");
      this.draw(answer.incidents[0]?.history ?? null, incident.fired_timestamp_seconds);
      this.isComplete = now > incident.fired_timestamp_seconds + PICTURE_SECONDS + 30;
    } catch (error) {
      setText(this.note, `The picture could not be read: ${error.message}.`);
    }
    this.isAsking = false;
  }

  draw(history, fired) {
    const drawn = PICTURE_NUMBERS.map(([title, numberOf, format, least]) =>
      ({title, format, least, points: history === null ? [] : pointsOf(history, numberOf)}))
      .filter(({points}) => points.some((point) => point.value > 0));
    setText(this.note, drawn.length === 0 ? "There are no numbers above 0 from around that time."
      : `From five minutes before to five minutes after ${timeText(fired)}, when it fired: ` +
        "the line marks that moment.");
    this.list.replaceChildren(...drawn.map((one) => pictureOf(one, fired)));
  }
}

function pictureOf({title, format, least, points}, fired) {
  const spark = new Sparkline(format, `${title} around the time when it fired`);
  spark.update(points, fired + PICTURE_SECONDS, 2 * PICTURE_SECONDS, least);
  spark.markMoment(0.5);
  const top = points.reduce((one, other) => (other.value > one.value ? other : one));
  const before = points.filter((point) => point.time <= fired).at(-1);
  const then = before === undefined ? "" : `${format(before.value)} when it fired, `;
  return element("figure", {}, element("figcaption", {}, title), spark.node,
    element("p", {class: "peak-note soft"},
      `${then}peak ${format(top.value)} at ${timeText(top.time)}`));
}
