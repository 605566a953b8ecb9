// Lines about clients that are refused for one reason, no more of them than a person reads: whoever
// is refused must not be able to fill the disk.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/instant.h"
#include "core/base/mutex.h"
#include "exporters/access/token_bucket.h"

namespace connwatch {

/// May be used from several threads.
class RefusalLog {
 public:
  /// The line to log, with how many were left out since the last one; nullopt where this one is.
  std::optional<std::string> Take(const std::string& line, MonotonicTime now);

 private:
  static constexpr std::chrono::seconds kInterval{1};
  static constexpr unsigned kBurst = 20;

  Mutex mutex_;
  TokenBucket lines_ CONNWATCH_GUARDED_BY(mutex_){kInterval, kBurst};
  std::uint64_t left_out_ CONNWATCH_GUARDED_BY(mutex_) = 0;
};

}  // namespace connwatch
