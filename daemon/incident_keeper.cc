#include "daemon/incident_keeper.h"

#include <utility>

#include "daemon/process/logging.h"
#include "exporters/http/gzip.h"
#include "exporters/json/json_api.h"
#include "exporters/json/json_incidents.h"
#include "monitor/clock.h"

namespace connwatch {

namespace {

// The whole answer is made at once: Paging::kMaxLimit bounds it.
void WriteAnswer(const Result<IncidentPage>& page, const IncidentQuery& query, bool gzip,
                 BodyStream& stream) {
  std::string json =
      page ? RenderIncidents(*page, query) : RenderError(page.error().context, std::nullopt);
  if (gzip) {
    stream.Write(Gzip(json));
  } else {
    stream.Write(json);
  }
  stream.Complete();
}

}  // namespace

IncidentKeeper::IncidentKeeper(const std::string& directory)
    : directory_(directory),
      book_({.alert = DescribeIncident, .sample = DescribeSample}),
      store_({.directory = directory, .now = Now, .log = LogChange}) {}

IncidentKeeper::~IncidentKeeper() {
  if (auto changes = book_.Stop(Now())) store_.Post(*std::move(changes));
  store_.Stop();
}

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

void IncidentKeeper::Observe(const std::vector<AlertTransition>& transitions,
                             const AlertList& alerts, const RecentHistory& history, Instant now) {
  auto changes = book_.Observe(transitions, alerts, history, now);
  if (changes) store_.Post(*std::move(changes));
}

Result<std::shared_ptr<BodyStream>> IncidentKeeper::Read(const IncidentQuery& query, bool gzip) {
  auto stream = std::make_shared<BodyStream>();
  auto asked = store_.Ask(query, [stream, query, gzip](const Result<IncidentPage>& page) {
    WriteAnswer(page, query, gzip, *stream);
  });
  if (!asked) return std::move(asked).error();
  return stream;
}

}  // namespace connwatch
