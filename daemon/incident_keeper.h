// Keeps what happened: has the alerts that fire written down, and answers questions about them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/alerts/alert_list.h"
#include "core/base/instant.h"
#include "core/base/mutex.h"
#include "core/base/result.h"
#include "core/history/recent_history.h"
#include "core/incidents/incident.h"
#include "core/incidents/incident_book.h"
#include "exporters/http/body_stream.h"
#include "store/incident_store.h"

namespace connwatch {

/// For the loop thread, but for Read.
class IncidentKeeper {
 public:
  /// `directory` is where they are kept; empty: in memory only.
  explicit IncidentKeeper(const std::string& directory);
  ~IncidentKeeper();
  IncidentKeeper(const IncidentKeeper&) = delete;
  IncidentKeeper& operator=(const IncidentKeeper&) = delete;

  /// Starts to keep them. If that fails, it is logged, and nobody keeps incidents.
  void Start();
  /// Ends all open incidents, and waits at most IncidentStore::kGrace until that is written. Ends
  /// all answers: a server cannot stop while one of its clients waits. Nothing is read afterwards.
  void Stop();

  /// Must be called with every list of alerts. Does not wait for the disk.
  void Observe(const std::vector<AlertTransition>& transitions, const AlertList& alerts,
               const RecentHistory& history, Instant now);

  /// See IncidentReadAction. May be called on any thread.
  Result<std::shared_ptr<BodyStream>> Read(const IncidentQuery& query, bool gzip);

  IncidentStoreStatus status() const { return store_.status(); }

 private:
  class Answer;

  const std::string directory_;
  IncidentBook book_;
  IncidentStore store_;
  bool is_stopped_ = false;
  Mutex mutex_;
  std::vector<std::weak_ptr<Answer>> answers_ CONNWATCH_GUARDED_BY(mutex_);  // also older ones
};

}  // namespace connwatch
