#include "daemon/full_tier.h"

#include <cerrno>
#include <utility>

namespace connwatch {

namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::milliseconds;

// 16 batches of at most 32 KiB are about 1,300 sockets: a millisecond, most of it in the kernel.
constexpr int kBatchesPerSlice = 16;

}  // namespace

FullTier::FullTier(SocketSource& source, AggregationOptions options, milliseconds interval)
    : source_(source),
      options_(std::move(options)),
      health_(Tier::kFull, interval),
      totals_(options_.rtt_bounds) {}

void FullTier::Reconfigure(AggregationOptions options, milliseconds interval) {
  options_ = std::move(options);
  health_.set_interval(interval);
}

std::optional<milliseconds> FullTier::SincePreviousPoll(Instant now) const {
  if (!previous_start_) return std::nullopt;
  return duration_cast<milliseconds>(now.monotonic - *previous_start_);
}

void FullTier::Begin(Instant now) {
  if (flight_) {
    health_.RecordOverrun();
    return;
  }
  totals_.UseRttBounds(options_.rtt_bounds);
  flight_ = std::make_unique<Flight>(now, options_, SincePreviousPoll(now));
  auto dump = source_.OpenFullDump();
  if (dump) {
    flight_->dump = std::move(dump).value();
  } else {
    flight_->outcome = std::move(dump).error();
  }
}

void FullTier::Continue(Instant now) {
  if (now.monotonic >= deadline()) {
    flight_->outcome =
        Error::FromErrno(ETIMEDOUT, "socket dump not complete after " +
                                        std::to_string(kDumpDeadline.count()) + " s");
    return;
  }
  auto progress = ReadSlice();
  if (!progress) {
    flight_->outcome = std::move(progress).error();
  } else if (*progress == DumpProgress::kDone) {
    flight_->outcome = Result<void>();
  }
}

Result<DumpProgress> FullTier::ReadSlice() {
  DumpProgress progress = DumpProgress::kMore;
  for (int i = 0; i < kBatchesPerSlice && progress == DumpProgress::kMore; ++i) {
    auto batch = flight_->dump->ReadBatch();
    if (!batch) return std::move(batch).error();
    for (const SocketRecord& record : batch->records) flight_->aggregator.Add(record);
    progress = batch->progress;
  }
  return progress;
}

void FullTier::Conclude(Instant now) {
  const std::unique_ptr<Flight> flight = std::move(flight_);
  const auto duration = duration_cast<microseconds>(now.monotonic - flight->started.monotonic);
  if (!*flight->outcome) {
    health_.RecordFailure(now, duration, flight->outcome->error());
    return;
  }
  FullPollResult result = std::move(flight->aggregator).Finish();
  table_ = std::move(result.table);
  totals_.Merge(result.observed);
  health_.RecordSuccess(now, duration);
  previous_start_ = flight->started.monotonic;
}

int FullTier::fd() const { return flight_->dump->fd(); }

MonotonicTime FullTier::deadline() const { return flight_->started.monotonic + kDumpDeadline; }

}  // namespace connwatch
