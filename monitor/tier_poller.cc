#include "monitor/tier_poller.h"

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

namespace connwatch {

namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;

// 16 batches of at most 32 KiB are about 1,300 sockets: a millisecond, most of it in the kernel.
constexpr int kBatchesPerSlice = 16;

}  // namespace

TierPoller::TierPoller(Tier tier, SocketSource& source, PollWork& work,
                       std::chrono::milliseconds interval)
    : source_(source), work_(work), health_(tier, interval) {}

void TierPoller::Begin(Instant now, TierPoller* passenger) {
  if (flight_) {
    health_.RecordOverrun();
    return;
  }
  flight_ = Flight{.started = now, .passenger = passenger};
  work_.Begin(now);
  if (passenger != nullptr) {
    passenger->flight_ = Flight{.started = now};
    passenger->work_.Begin(now);
  }
  auto dump = source_.Open(work_.Query());
  if (dump) {
    flight_->dump = std::move(dump).value();
    if (flight_->dump->MayRepeat()) flight_->met = std::make_unique<CookieSet>();
  } else {
    flight_->outcome = std::move(dump).error();
  }
}

void TierPoller::Continue(Instant now) {
  if (now.monotonic >= deadline()) {
    flight_->outcome =
        Error::FromErrno(ETIMEDOUT, "socket dump not complete after " +
                                        std::to_string(kDumpDeadline.count()) + " s");
    return;
  }
  auto progress = ReadSlice(now);
  if (!progress) {
    flight_->outcome = std::move(progress).error();
  } else if (*progress == DumpProgress::kDone) {
    flight_->outcome = Result<void>();
  }
}

Result<DumpProgress> TierPoller::ReadSlice(Instant now) {
  DumpProgress progress = DumpProgress::kMore;
  for (int i = 0; i < kBatchesPerSlice && progress == DumpProgress::kMore; ++i) {
    auto batch = flight_->dump->ReadBatch();
    if (!batch) return std::move(batch).error();
    PassOn(batch->records, now);
    progress = batch->progress;
  }
  return progress;
}

void TierPoller::PassOn(std::span<const SocketRecord> records, Instant now) {
  if (!flight_->met) {
    Deliver(records, now);
    return;
  }
  std::size_t begin = 0;  // of the run of records not passed on yet
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (flight_->met->Insert(records[i].cookie)) continue;
    ++flight_->duplicates;
    Deliver(records.subspan(begin, i - begin), now);
    begin = i + 1;
  }
  Deliver(records.subspan(begin), now);
}

void TierPoller::Deliver(std::span<const SocketRecord> records, Instant now) {
  work_.Add(records, now);
  if (flight_->passenger != nullptr) flight_->passenger->DeliverAsked(records, now);
}

void TierPoller::DeliverAsked(std::span<const SocketRecord> records, Instant now) {
  const TcpStateSet states = work_.Query().states;
  const auto is_asked = [states](const SocketRecord& record) { return states.Has(record.state); };
  while (true) {
    const auto begin = std::ranges::find_if(records, is_asked);
    if (begin == records.end()) return;
    const auto end = std::find_if_not(begin, records.end(), is_asked);
    work_.Add({begin, end}, now);
    records = {end, records.end()};
  }
}

void TierPoller::Conclude(Instant now) {
  if (TierPoller* const passenger = flight_->passenger; passenger != nullptr) {
    passenger->flight_->outcome = flight_->outcome;
    passenger->Conclude(now);
    passenger->health_.RecordCarried();
  }
  const auto duration = duration_cast<microseconds>(now.monotonic - flight_->started.monotonic);
  if (const Result<void>& outcome = *flight_->outcome; outcome) {
    work_.Complete(now);
    health_.RecordDuplicates(flight_->duplicates);
    health_.RecordSuccess(now, duration);
  } else {
    health_.RecordFailure(now, duration, outcome.error());
  }
  flight_.reset();
}

}  // namespace connwatch
