// The searches of /api/v1/sockets. Only one runs at a time, and the rate at which they start is
// limited. A search has a thread of its own, so that neither scrapes nor the loop wait for it.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "containers/owner_names.h"
#include "core/base/instant.h"
#include "core/base/mutex.h"
#include "core/base/result.h"
#include "core/groups/connection_classifier.h"
#include "core/sockets/socket_source.h"
#include "exporters/access/token_bucket.h"
#include "exporters/http/body_stream.h"
#include "exporters/json/socket_query.h"
#include "exporters/metrics/published_report.h"

namespace connwatch {

class SocketSearches {
 public:
  /// This many searches may start one after the other without a pause, and then one per second.
  static constexpr unsigned kBurst = 5;

  /// Both must outlive this. Nothing but the searches may use `source`. `host_root` is where the
  /// root of the host's file system is seen.
  SocketSearches(SocketSource& source, const ReportSlot& reports, const std::string& host_root);
  ~SocketSearches() { Stop(); }
  SocketSearches(const SocketSearches&) = delete;
  SocketSearches& operator=(const SocketSearches&) = delete;

  /// Sets how connections are put into groups, from the next search on. May be called on any
  /// thread.
  void Configure(ClassifierOptions options);

  /// Begins a search and returns the stream that brings the answer. EBUSY if another search is
  /// under way, or after too many searches. Another error if no thread can be started, or after
  /// Stop. May be called on any thread.
  Result<std::shared_ptr<BodyStream>> Start(const SocketQuery& query);

  /// Ends the search under way; its stream is then complete. No search can start after it.
  void Stop();

 private:
  Result<void> Admit(MonotonicTime now) CONNWATCH_REQUIRES(mutex_);
  void Run(const SocketQuery& query, ClassifierOptions options, BodyStream& answer);

  SocketSource& source_;
  const ReportSlot& reports_;
  OwnerNames owner_names_;  // used only by the searching thread
  std::atomic<bool> is_stopping_ = false;
  std::atomic<bool> is_searching_ = false;
  Mutex mutex_;
  ClassifierOptions options_ CONNWATCH_GUARDED_BY(mutex_);
  TokenBucket tokens_ CONNWATCH_GUARDED_BY(mutex_);
  std::thread thread_ CONNWATCH_GUARDED_BY(mutex_);
};

}  // namespace connwatch
