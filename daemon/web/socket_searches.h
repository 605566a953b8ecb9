// /api/v1/sockets from the daemon's side: bounds how often and how many at a time, and looks on a
// thread of its own, so that no scrape waits for it and the loop never notices.
#pragma once

#include <atomic>
#include <memory>
#include <thread>

#include "core/base/instant.h"
#include "core/base/mutex.h"
#include "core/base/result.h"
#include "core/groups/connection_classifier.h"
#include "core/sockets/socket_source.h"
#include "exporters/access/token_bucket.h"
#include "exporters/http/body_stream.h"
#include "exporters/json/socket_query.h"
#include "exporters/metrics/published_report.h"
#include "procfs/cgroup_names.h"

namespace connwatch {

class SocketSearches {
 public:
  /// Searches at once, and then one per second.
  static constexpr unsigned kBurst = 5;

  /// Both must outlive this; `source` is used by the searches only.
  SocketSearches(SocketSource& source, const ReportSlot& reports);
  ~SocketSearches() { Stop(); }
  SocketSearches(const SocketSearches&) = delete;
  SocketSearches& operator=(const SocketSearches&) = delete;

  /// How connections are put into groups, from the next search on. On any thread.
  void Configure(ClassifierOptions options);

  /// Begins a search whose answer comes through the stream. EBUSY while there is another one, or
  /// after too many; another error where no thread can be had, or after Stop. On any thread.
  Result<std::shared_ptr<BodyStream>> Start(const SocketQuery& query);

  /// Ends the search under way, whose stream is then complete. There are no more after it.
  void Stop();

 private:
  Result<void> Admit(MonotonicTime now) CONNWATCH_REQUIRES(mutex_);
  void Run(const SocketQuery& query, ClassifierOptions options, BodyStream& answer);

  SocketSource& source_;
  const ReportSlot& reports_;
  CgroupNames cgroup_names_;  // the searching thread's
  std::atomic<bool> is_stopping_ = false;
  std::atomic<bool> is_searching_ = false;
  Mutex mutex_;
  ClassifierOptions options_ CONNWATCH_GUARDED_BY(mutex_);
  TokenBucket tokens_ CONNWATCH_GUARDED_BY(mutex_);
  std::thread thread_ CONNWATCH_GUARDED_BY(mutex_);
};

}  // namespace connwatch
