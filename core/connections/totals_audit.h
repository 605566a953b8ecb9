// Watches whether the totals of connections have everything that they could have. Pure; used by one
// thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "core/base/instant.h"
#include "core/connections/totals_gaps.h"
#include "core/connections/tracker_stats.h"
#include "core/sockets/destroy_event_stats.h"

namespace connwatch {

class TotalsAudit {
 public:
  /// How long a gap still counts when it is over: as long as rates over a minute contain it.
  static constexpr std::chrono::minutes kMemory{1};

  /// Call it about once a second, `now` never going back.
  TotalsGaps Observe(const DestroyEventStats& events, const TrackerStats& tracker,
                     MonotonicTime now);

 private:
  // When a counter has last grown; absent if it never has.
  struct Growth {
    std::int64_t value = 0;
    std::optional<MonotonicTime> latest;

    bool IsRecent(std::int64_t count, MonotonicTime now);
  };

  Growth absent_;
  Growth lost_;
};

}  // namespace connwatch
