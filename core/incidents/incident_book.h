// Follows the alerts that fire and says what a store must write down about them: when one fires,
// when it gets worse, when it ends, and the history of the host around it. Keeps only what is open.
// Pure; time is passed in.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/alerts/alert_list.h"
#include "core/base/instant.h"
#include "core/history/recent_history.h"
#include "core/incidents/incident.h"

namespace connwatch {

/// For one thread.
class IncidentBook {
 public:
  /// An incident that gets worse is written again at most this often.
  static constexpr std::chrono::seconds kRewriteInterval{10};
  /// As long as something fires, there are changes at least this often.
  static constexpr std::chrono::seconds kAliveInterval{10};

  /// Make the documents of incidents and samples. `ended` is present for an alert that is over.
  struct Describers {
    std::function<std::string(const Alert& alert, const std::optional<Instant>& ended)> alert;
    std::function<std::string(const HistorySample& sample)> sample;
  };
  explicit IncidentBook(Describers describers) : describers_(std::move(describers)) {}

  /// Must be called with every snapshot: with the transitions since the call before, in their
  /// order, and with the alerts and the history as of now. Returns what is new.
  /// If nothing is, returns nullopt, but every kAliveInterval while something fires it returns
  /// changes that have only the time.
  std::optional<IncidentChanges> Observe(const std::vector<AlertTransition>& transitions,
                                         const AlertList& alerts, const RecentHistory& history,
                                         Instant now);

  /// Must be called when the daemon stops. Ends all open incidents with kDaemonStopped and returns
  /// them; nullopt if none is open.
  std::optional<IncidentChanges> Stop(Instant now);

 private:
  using Key = std::pair<std::string, std::string>;  // rule, subject
  struct Open {
    Incident incident;
    MonotonicTime written;
    std::optional<MonotonicTime> worst_written;  // the worst moment that was written down
  };

  void Book(const AlertTransition& transition, IncidentChanges& changes);
  void Rewrite(const Alert& alert, MonotonicTime now, IncidentChanges& changes);
  void AddSamples(const RecentHistory& history, IncidentChanges& changes);

  Describers describers_;
  std::map<Key, Open> open_;
  std::optional<WallTime> latest_fired_;
  std::optional<WallTime> latest_sample_;  // the end of the latest sample that was returned
  MonotonicTime latest_changes_;
};

}  // namespace connwatch
