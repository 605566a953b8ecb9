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

// If one has no cookie, cookies are given to all of them, and the run is made again. A socket that
// still has none has only just begun to listen.
Result<KernelWalkSource::Progress> KernelWalkDump::ReadListeners() {
  auto read = source_.ReadListeners(query_, bucket_, parsed_);
  if (!read || parsed_.without_cookie.empty() || has_given_cookies_) return read;
  has_given_cookies_ = true;
  std::size_t missing = parsed_.without_cookie.size();
  while (read->next < read->buckets) {
    parsed_.Clear();
    read = source_.ReadListeners(query_, read->next, parsed_);
    if (!read) return read;
    missing += parsed_.without_cookie.size();
  }
  if (auto given = source_.GiveCookiesToListeners(missing); !given) return std::move(given).error();
  parsed_.Clear();
  return source_.ReadListeners(query_, bucket_, parsed_);
}

Result<RecordBatch> KernelWalkDump::ReadBatch() {
  parsed_.Clear();
  auto progress = reads_listeners_
                      ? ReadListeners()
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
