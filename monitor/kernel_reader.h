// Reads the kernel's counters and limits for the daemon, and says once what it could not read.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "core/base/instant.h"
#include "core/base/result.h"
#include "core/kernel/kernel_stats.h"
#include "core/listeners/listener_tracker.h"

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

}  // namespace connwatch
