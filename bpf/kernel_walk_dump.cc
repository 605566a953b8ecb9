#include "bpf/kernel_walk_dump.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

namespace connwatch {

namespace {

bool HasOthersThanListeners(const TcpStateSet& states) {
  return std::ranges::any_of(
      kTcpStates, [&](TcpState state) { return state != TcpState::kListen && states.Has(state); });
}

}  // namespace

KernelWalkDump::KernelWalkDump(KernelWalkSource& source, const DumpQuery& query, int ready_fd)
    : source_(source),
      query_(query),
      ready_fd_(ready_fd),
      reads_listeners_(query.states.Has(TcpState::kListen)) {
  if (HasOthersThanListeners(query.states)) tables_ = source.tables();
}

KernelWalkDump::~KernelWalkDump() { close(ready_fd_); }

// They are read in one go, because cookies are given to all of them at once. If some have none, the
// walk is begun again after that. A socket that still has none has only just begun to listen.
Result<KernelWalkSource::Progress> KernelWalkDump::ReadAllListeners() {
  for (bool may_give_cookies = true;; may_give_cookies = false) {
    parsed_.Clear();
    KernelWalkSource::Progress progress;
    do {
      auto read = source_.ReadListeners(query_, progress.next, parsed_);
      if (!read) return read;
      progress = *read;
    } while (progress.next < progress.buckets);
    if (parsed_.without_cookie.empty() || !may_give_cookies) return progress;
    auto given = source_.GiveCookiesToListeners(parsed_.without_cookie.size());
    if (!given) return std::move(given).error();
  }
}

Result<RecordBatch> KernelWalkDump::ReadBatch() {
  parsed_.Clear();
  auto progress = reads_listeners_
                      ? ReadAllListeners()
                      : source_.ReadConnections(query_, tables_[table_], bucket_, parsed_);
  if (!progress) return std::move(progress).error();
  bucket_ = progress->next;
  if (bucket_ >= progress->buckets) {
    if (!std::exchange(reads_listeners_, false)) ++table_;
    bucket_ = 0;
  }
  RecordBatch batch{.records = parsed_.records};
  if (!HasMore()) {
    batch.progress = DumpProgress::kDone;
  } else if (progress->is_long) {
    batch.progress = DumpProgress::kWouldBlock;  // fd() is readable, but others may go first
  }
  return batch;
}

}  // namespace connwatch
