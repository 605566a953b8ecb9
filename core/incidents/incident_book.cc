#include "core/incidents/incident_book.h"

#include <span>

namespace connwatch {

namespace {

std::optional<MonotonicTime> WorstMoment(const Alert& alert) {
  if (!alert.worst_at) return std::nullopt;
  return alert.worst_at->monotonic;
}

}  // namespace

std::optional<IncidentChanges> IncidentBook::Observe(
    const std::vector<AlertTransition>& transitions, const AlertList& alerts,
    const RecentHistory& history, Instant now) {
  IncidentChanges changes{.incidents = {}, .samples = {}, .at = now.wall};
  for (const AlertTransition& transition : transitions) Book(transition, changes);
  for (const Alert& alert : alerts.alerts) Rewrite(alert, now.monotonic, changes);
  AddSamples(history, changes);
  const bool must_show_life = !open_.empty() && now.monotonic - latest_changes_ >= kAliveInterval;
  if (changes.incidents.empty() && changes.samples.empty() && !must_show_life) return std::nullopt;
  latest_changes_ = now.monotonic;
  return changes;
}

std::optional<IncidentChanges> IncidentBook::Stop(Instant now) {
  if (open_.empty()) return std::nullopt;
  IncidentChanges changes{.incidents = {}, .samples = {}, .at = now.wall};
  for (auto& [key, open] : open_) {
    open.incident.end = IncidentEnd::kDaemonStopped;
    open.incident.ended_at = now.wall;
    changes.incidents.push_back(std::move(open.incident));
  }
  open_.clear();
  return changes;
}

void IncidentBook::Book(const AlertTransition& transition, IncidentChanges& changes) {
  const Alert& alert = transition.alert;
  const Key key{alert.rule->name, alert.subject};
  if (transition.to == AlertState::kFiring) {
    Incident incident{.id = IncidentIdOf(alert),
                      .alert = alert.rule->name,
                      .subject = alert.subject,
                      .severity = alert.rule->severity,
                      .fired_at = transition.at.wall,
                      .document = describers_.alert(alert, std::nullopt)};
    latest_fired_ = transition.at.wall;
    changes.incidents.push_back(incident);
    open_[key] = {.incident = std::move(incident),
                  .written = transition.at.monotonic,
                  .worst_written = WorstMoment(alert)};
  }
  if (transition.to != AlertState::kResolved) return;
  auto ended = open_.extract(key);
  if (!ended) return;
  Incident& incident = ended.mapped().incident;
  incident.end = IncidentEnd::kResolved;
  incident.ended_at = transition.at.wall;
  incident.document = describers_.alert(alert, transition.at);
  changes.incidents.push_back(std::move(incident));
}

void IncidentBook::Rewrite(const Alert& alert, MonotonicTime now, IncidentChanges& changes) {
  if (alert.state != AlertState::kFiring) return;
  const auto found = open_.find(Key{alert.rule->name, alert.subject});
  if (found == open_.end()) return;
  Open& open = found->second;
  const auto worst = WorstMoment(alert);
  if (worst == open.worst_written || now - open.written < kRewriteInterval) return;
  open.incident.document = describers_.alert(alert, std::nullopt);
  open.written = now;
  open.worst_written = worst;
  changes.incidents.push_back(open.incident);
}

// The latest sample of the history is still in progress, so it is left for later. Times of day may
// differ a little from one history to the next, and much if the clock was set.
void IncidentBook::AddSamples(const RecentHistory& history, IncidentChanges& changes) {
  constexpr std::chrono::milliseconds kTolerance = RecentHistory::kInterval / 2;
  if (!latest_fired_ || history.samples.size() < 2) return;
  const std::span<const HistorySample> complete(history.samples.data(), history.samples.size() - 1);
  if (latest_sample_ && complete.back().at < *latest_sample_ - kTolerance) latest_sample_.reset();
  for (const HistorySample& sample : complete) {
    if (sample.at < *latest_fired_ - kIncidentMargin) continue;
    if (sample.at > *latest_fired_ + kIncidentMargin) break;
    if (latest_sample_ && sample.at <= *latest_sample_ + kTolerance) continue;
    changes.samples.push_back({sample.at, describers_.sample(sample)});
    latest_sample_ = sample.at;
  }
}

}  // namespace connwatch
