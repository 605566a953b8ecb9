// Limits how many log lines there are about clients that are refused for one reason. A person must
// be able to read the log, and a refused client must not be able to fill the disk.
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
  /// Returns the line to log, together with the number of lines left out since the last one.
  /// nullopt if this line is to be left out.
  std::optional<std::string> Take(const std::string& line, MonotonicTime now);

 private:
  static constexpr std::chrono::seconds kInterval{1};
  static constexpr unsigned kBurst = 20;

  Mutex mutex_;
  TokenBucket lines_ CONNWATCH_GUARDED_BY(mutex_){kInterval, kBurst};
  std::uint64_t left_out_ CONNWATCH_GUARDED_BY(mutex_) = 0;
};

}  // namespace connwatch
