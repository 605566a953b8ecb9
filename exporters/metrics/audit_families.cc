#include "exporters/metrics/audit_families.h"

namespace connwatch {

namespace {

void AddPollResults(MetricFamilies& families, const Snapshot& snapshot) {
  auto count = families.Counter("connwatch_polls_total", "Polls ended, by result.");
  auto errors = families.Counter("connwatch_poll_errors_total", "Failed polls by reason.");
  auto last =
      families.Gauge("connwatch_poll_last_success_timestamp_seconds",
                     "When the latest successful poll ended, seconds since 1970; absent before.");
  for (const PollHealth& poll : snapshot.polls) {
    const std::string_view tier = Name(poll.tier());
    count.Add(poll.successes(), {{"tier", tier}, {"result", "success"}});
    count.Add(poll.failures(), {{"tier", tier}, {"result", "failure"}});
    for (const PollFailureReason reason : kPollFailureReasons) {
      errors.Add(poll.failures(reason), {{"tier", tier}, {"reason", Name(reason)}});
    }
    if (!poll.last_success()) continue;
    last.Add(InSeconds(snapshot.at.WallOf(*poll.last_success())), {{"tier", tier}});
  }
}

void AddPollCosts(MetricFamilies& families, const std::vector<PollHealth>& polls) {
  auto duration = families.Histogram("connwatch_poll_duration_seconds",
                                     "Wall time of a poll from its request to its last record.");
  auto lateness = families.Histogram("connwatch_poll_lateness_seconds",
                                     "How long after it was due a poll began.");
  auto cpu = families.Counter("connwatch_poll_cpu_seconds_total",
                              "CPU time spent on the tier, kernel included.");
  auto interval = families.Gauge("connwatch_poll_interval_seconds", "Interval in force.");
  auto overruns = families.Counter("connwatch_poll_overruns_total",
                                   "Polls left out because the one before was still running.");
  for (const PollHealth& poll : polls) {
    const Labels labels = {{"tier", Name(poll.tier())}};
    duration.Add(poll.durations(), labels);
    lateness.Add(poll.lateness(), labels);
    cpu.Add(InSeconds(poll.cpu()), labels);
    interval.Add(InSeconds(poll.interval()), labels);
    overruns.Add(poll.overruns(), labels);
  }
}

void AddGuesses(MetricFamilies& families, const TrackerStats& tracker) {
  auto guessed = families.Counter("connwatch_connections_direction_guessed_total",
                                  "Ended connections of which the kernel's counters did not show "
                                  "who opened them, by what was relied on instead.");
  for (const GuessBasis basis : kGuessBases) {
    guessed.Add(tracker.guessed.at(IndexOf(basis)), {{"by", Name(basis)}});
  }
}

}  // namespace

void AddPolls(MetricFamilies& families, const Snapshot& snapshot) {
  AddPollResults(families, snapshot);
  AddPollCosts(families, snapshot.polls);
  families
      .Counter("connwatch_paused_seconds_total",
               "Time the daemon did not run: stopped, suspended, without CPU time or held up.")
      .Add(InSeconds(snapshot.paused));
}

void AddTracking(MetricFamilies& families, const Snapshot& snapshot) {
  const DestroyEventStats& events = snapshot.destroy_events;
  families
      .Gauge("connwatch_totals_exact",
             "1 while no connection is missing in the totals, 0 if some were within a minute.")
      .Add(snapshot.totals_gaps.AreExact() ? 1.0 : 0.0);
  families
      .Gauge("connwatch_destroy_events_active",
             "1 while the kernel tells of every socket that ends; 0: totals are too low.")
      .Add(events.is_active ? 1.0 : 0.0);
  families
      .Counter("connwatch_destroy_events_absent_seconds_total",
               "Time without them although they are switched on: totals miss what ended then.")
      .Add(InSeconds(events.absent));
  families.Counter("connwatch_destroy_events_total", "Sockets whose end the kernel told.")
      .Add(events.events);
  families
      .Counter("connwatch_destroy_event_overruns_total",
               "Times that such events were lost because the receive buffer was full.")
      .Add(events.overruns);
  families.Counter("connwatch_destroy_event_cpu_seconds_total", "CPU time spent on them.")
      .Add(InSeconds(events.cpu));
  families.Gauge("connwatch_tracked_connections", "Connections followed for their totals.")
      .Add(snapshot.tracker.tracked);
  families
      .Gauge("connwatch_untracked_connections",
             "Connections of the latest full poll beyond max_tracked_connections.")
      .Add(snapshot.tracker.left_out);
  auto ended = families.Counter("connwatch_connections_ended_total",
                                "Sockets that have ended, by what is known of their end.");
  for (const EndCause cause : kEndCauses) {
    ended.Add(snapshot.tracker.ended.at(IndexOf(cause)), {{"cause", Name(cause)}});
  }
  AddGuesses(families, snapshot.tracker);
}

void AddFolded(MetricFamilies& families, const Snapshot& snapshot) {
  auto folded = families.Gauge("connwatch_folded_subjects",
                               "Subjects beyond their limit, summed up as other.");
  folded.Add(snapshot.folded_groups, {{"kind", "group"}});
  if (snapshot.namespaces) folded.Add(snapshot.namespaces->folded, {{"kind", "netns"}});
  if (!snapshot.listeners) return;
  folded.Add(snapshot.listeners->folded, {{"kind", "listener"}});
  families
      .Gauge("connwatch_folded_listeners_in_trouble",
             "Of the listeners that are summed up, those in trouble: no place was free for them.")
      .Add(snapshot.listeners->folded_in_trouble);
}

void AddSelfAudit(MetricFamilies& families, const Snapshot& snapshot) {
  families
      .Counter("connwatch_dump_duplicates_total",
               "Sockets that a dump delivered twice and that were counted once.")
      .Add(snapshot.totals.dump_duplicates);
  if (!snapshot.sockstat_discrepancy) return;
  families
      .Gauge("connwatch_sockstat_discrepancy_ratio",
             "Distance of the latest full poll's socket count to the kernel's own, as its share.")
      .Add(*snapshot.sockstat_discrepancy);
}

}  // namespace connwatch
