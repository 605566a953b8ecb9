// Whether the log should tell of a trouble that may come back again and again. Time is passed in.
#pragma once

#include <chrono>
#include <cstdint>
#include <utility>

#include "core/base/instant.h"

namespace connwatch {

class RecurringTrouble {
 public:
  /// The trouble is over when it was not there for this long.
  static constexpr std::chrono::minutes kQuiet{1};

  enum class News : std::uint8_t { kNone, kBegins, kIsOver };

  /// Must be called whenever the trouble is there, and now and then while it is not.
  News Observe(bool is_there, MonotonicTime now) {
    if (is_there) {
      latest_ = now;
      return std::exchange(is_told_, true) ? News::kNone : News::kBegins;
    }
    if (!is_told_ || now - latest_ < kQuiet) return News::kNone;
    is_told_ = false;
    return News::kIsOver;
  }

 private:
  bool is_told_ = false;
  MonotonicTime latest_;
};

}  // namespace connwatch
