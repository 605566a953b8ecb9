#include "core/connections/totals_audit.h"

namespace connwatch {

bool TotalsAudit::Growth::IsRecent(std::int64_t count, MonotonicTime now) {
  if (count > value) latest = now;
  value = count;
  return latest && now - *latest < kMemory;
}

TotalsGaps TotalsAudit::Observe(const DestroyEventStats& events, const TrackerStats& tracker,
                                MonotonicTime now) {
  return {.is_off = !events.is_wanted,
          .is_absent = absent_.IsRecent(events.absent.count(), now),
          .is_lost = lost_.IsRecent(static_cast<std::int64_t>(events.overruns), now),
          .left_out = tracker.left_out};
}

}  // namespace connwatch
