#include "daemon/web/refusal_log.h"

#include <utility>

namespace connwatch {

std::optional<std::string> RefusalLog::Take(const std::string& line, MonotonicTime now) {
  const MutexLock lock(mutex_);
  if (!lines_.Take(now)) {
    ++left_out_;
    return std::nullopt;
  }
  const std::uint64_t left_out = std::exchange(left_out_, 0);
  return left_out == 0 ? line : line + " (" + std::to_string(left_out) + " others not logged)";
}

}  // namespace connwatch
