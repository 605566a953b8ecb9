#include "daemon/loop/destroy_event_runner.h"

#include <string>
#include <utility>

#include "daemon/process/logging.h"
#include "monitor/clock.h"

namespace connwatch {

namespace {

std::string TooDear(double share) {
  constexpr double kPercent = 100;
  return "destroy events cost " + std::to_string(share * kPercent) +
         " % of a core, more than destroy_event_budget: not reading them for a minute at a time; "
         "meanwhile totals miss short connections";
}

}  // namespace

DestroyEventRunner::DestroyEventRunner(EventLoop& loop, DestroyEventSource& source,
                                       OnDestroyed on_destroyed)
    : loop_(loop), source_(source), on_destroyed_(std::move(on_destroyed)) {}

void DestroyEventRunner::Configure(const Config& config) {
  limit_ = config.destroy_event_budget;
  const bool is_same =
      mode_ == config.destroy_events && buffer_bytes_ == config.destroy_event_buffer;
  mode_ = config.destroy_events;
  buffer_bytes_ = config.destroy_event_buffer;
  if (is_same) return;
  Leave();
  rejoin_ = {};
  if (mode_ == DestroyEvents::kOff) {
    EndAbsence();
    absences_ = {};
  } else {
    Join();
  }
}

DestroyEventStats DestroyEventRunner::stats(MonotonicTime now) const {
  DestroyEventStats stats = stats_;
  stats.is_wanted = mode_ != DestroyEvents::kOff;
  if (absent_since_) stats.absent += now - *absent_since_;
  return stats;
}

void DestroyEventRunner::Join() {
  auto stream = source_.Open(buffer_bytes_);
  if (!stream) {
    BeginAbsence(LogError, stream.error().context + "; totals miss short connections");
    RejoinLater();
    return;
  }
  EndAbsence();
  stream_ = std::move(stream).value();
  spending_.Start(Now().monotonic);
  stats_.is_active = true;
  stats_.is_of_all_namespaces = source_.SeesAllNamespaces();
  Watch();
}

void DestroyEventRunner::Watch() {
  auto readable =
      loop_.OnReadable(stream_->fd(), Priority::kDestroyEvents, [this] { OnReadable(); });
  if (readable) {
    readable_ = std::move(readable).value();
  } else {
    loop_.Fail(std::move(readable).error());
  }
}

void DestroyEventRunner::Gather() {
  readable_ = {};
  auto gather =
      loop_.At(Now().monotonic + stream_->gather(), Priority::kDestroyEvents, [this] { Watch(); });
  if (gather) {
    gather_ = std::move(gather).value();
  } else {
    loop_.Fail(std::move(gather).error());
  }
}

void DestroyEventRunner::Leave() {
  readable_ = {};
  gather_ = {};
  stream_.reset();
  stats_.is_active = stats_.is_of_all_namespaces = false;
}

void DestroyEventRunner::BeginAbsence(void (*tell)(std::string_view), const std::string& line) {
  const MonotonicTime now = Now().monotonic;
  if (!absent_since_) absent_since_ = now;
  if (absences_.Observe(true, now) == RecurringTrouble::News::kBegins) tell(line);
}

void DestroyEventRunner::EndAbsence() {
  if (!absent_since_) return;
  const MonotonicTime now = Now().monotonic;
  stats_.absent += now - *absent_since_;
  absent_since_.reset();
  absences_.Observe(true, now);
}

void DestroyEventRunner::RejoinLater() {
  auto rejoin = loop_.At(Now().monotonic + kAbsence, Priority::kDestroyEvents, [this] { Join(); });
  if (rejoin) {
    rejoin_ = std::move(rejoin).value();
  } else {
    loop_.Fail(std::move(rejoin).error());
  }
}

void DestroyEventRunner::OnReadable() {
  const auto cpu_before = ThreadCpuTime();
  const Result<bool> has_more = Read();
  const auto cpu = ThreadCpuTime() - cpu_before;
  stats_.cpu += cpu;
  const bool has_window_ended = spending_.Add(cpu, Now().monotonic);
  const bool is_too_dear =
      has_window_ended && mode_ == DestroyEvents::kAuto && spending_.share() > limit_;
  if (!has_more || is_too_dear) {
    Leave();
    if (has_more) {
      BeginAbsence(LogWarning, TooDear(spending_.share()));
    } else {
      BeginAbsence(LogError, has_more.error().context);
    }
    RejoinLater();
    return;
  }
  if (absences_.Observe(false, Now().monotonic) == RecurringTrouble::News::kIsOver) {
    LogInfo("reading the destroy events again");
  }
  if (!*has_more) Gather();
}

Result<bool> DestroyEventRunner::Read() {
  constexpr int kBatches = 8;  // about half a millisecond
  bool has_more = true;
  for (int i = 0; i < kBatches && has_more; ++i) {
    const auto batch = stream_->ReadBatch();
    if (!batch) return batch.error();
    const MonotonicTime now = Now().monotonic;
    for (const SocketRecord& record : batch->records) on_destroyed_(record, now);
    stats_.events += batch->records.size();
    if (batch->is_overrun) ++stats_.overruns;
    has_more = batch->has_more;
  }
  return has_more;
}

}  // namespace connwatch
