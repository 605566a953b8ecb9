// Compares the traffic ledger with what it was after the full poll before. Pure; time is passed in.
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/instant.h"
#include "core/connections/traffic_ledger.h"
#include "core/connections/traffic_rates.h"

namespace connwatch {

class TrafficRateMeter {
 public:
  /// Call it after each good full poll. Times must not go back.
  void Observe(const TrafficLedger& ledger, MonotonicTime now);

  /// As of the latest two full polls; absent before the second one.
  const std::optional<GroupRates>& rates() const { return rates_; }

 private:
  struct Moved {
    ConnectionUsage usage;
    std::uint64_t closed = 0;
  };

  std::optional<MonotonicTime> observed_;
  PerGroup<Moved> before_{Moved{}};
  std::optional<GroupRates> rates_;
};

}  // namespace connwatch
