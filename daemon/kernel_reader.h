// Reads the kernel's counters and limits for the daemon, and says once what it could not read.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "core/instant.h"
#include "core/kernel_stats.h"
#include "core/listener_board.h"
#include "core/result.h"

namespace connwatch {

class KernelReader {
 public:
  /// A failing reader leaves only its own part absent; it is logged when it begins to fail and when
  /// it works again.
  KernelStats Read();

 private:
  template <typename T>
  std::optional<T> Keep(const std::string& name, Result<T> read);

  std::set<std::string> failing_;
};

/// Rates between two readings of the counters, `elapsed` apart. A counter that one of them lacks
/// has no rate: 0, or absent.
HostRates RatesBetween(const KernelCounters& before, const KernelCounters& after,
                       std::chrono::duration<double> elapsed);

}  // namespace connwatch
