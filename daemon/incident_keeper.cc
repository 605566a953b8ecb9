#include "daemon/incident_keeper.h"

#include <atomic>
#include <cerrno>
#include <utility>

#include "daemon/process/logging.h"
#include "exporters/http/gzip.h"
#include "exporters/json/json_api.h"
#include "exporters/json/json_incidents.h"
#include "monitor/clock.h"

namespace connwatch {

// The answer to one question. The store gives it, or if that takes too long, whoever stops it.
class IncidentKeeper::Answer {
 public:
  Answer(const IncidentQuery& query, bool gzip) : query_(query), gzip_(gzip) {}

  const std::shared_ptr<BodyStream>& stream() const { return stream_; }

  // For any thread. Only the first one counts.
  void Give(const Result<IncidentPage>& page) {
    if (is_given_.exchange(true)) return;
    // The whole answer is made at once: Paging::kMaxLimit bounds it.
    std::string json =
        page ? RenderIncidents(*page, query_) : RenderError(page.error().context, std::nullopt);
    stream_->Write(gzip_ ? Gzip(json) : json);
    stream_->Complete();
  }
  // For any thread. The client waits no longer.
  void End() {
    Give(Error{ESHUTDOWN, "the daemon is stopping"});
    stream_->Complete();
  }

 private:
  const std::shared_ptr<BodyStream> stream_ = std::make_shared<BodyStream>();
  const IncidentQuery query_;
  const bool gzip_;
  std::atomic<bool> is_given_ = false;
};

IncidentKeeper::IncidentKeeper(const std::string& directory)
    : directory_(directory),
      book_({.alert = DescribeIncident, .sample = DescribeSample}),
      store_({.directory = directory, .now = Now, .log = LogChange}) {}

IncidentKeeper::~IncidentKeeper() { Stop(); }

void IncidentKeeper::Start() {
  if (auto started = store_.Start(); !started) {
    LogError("incidents are not kept: " + started.error().context);
    return;
  }
  if (directory_.empty()) {
    LogInfo(
        "incidents are kept in memory, and a restart forgets them, because there is no "
        "directory for them (--storage.path)");
  } else {
    LogInfo("the directory for incidents is " + directory_);
  }
}

void IncidentKeeper::Stop() {
  if (std::exchange(is_stopped_, true)) return;
  if (auto changes = book_.Stop(Now())) store_.Post(*std::move(changes));
  store_.Stop();
  const MutexLock lock(mutex_);
  for (const auto& waiting : answers_) {
    if (const auto answer = waiting.lock()) answer->End();
  }
}

void IncidentKeeper::Observe(const std::vector<AlertTransition>& transitions,
                             const AlertList& alerts, const RecentHistory& history, Instant now) {
  auto changes = book_.Observe(transitions, alerts, history, now);
  if (changes) store_.Post(*std::move(changes));
}

Result<std::shared_ptr<BodyStream>> IncidentKeeper::Read(const IncidentQuery& query, bool gzip) {
  auto answer = std::make_shared<Answer>(query, gzip);
  {
    // Before the question is asked, so that Stop knows of it.
    const MutexLock lock(mutex_);
    std::erase_if(answers_, [](const auto& other) { return other.expired(); });
    answers_.push_back(answer);
  }
  auto asked =
      store_.Ask(query, [answer](const Result<IncidentPage>& page) { answer->Give(page); });
  if (!asked) return std::move(asked).error();
  return answer->stream();
}

}  // namespace connwatch
