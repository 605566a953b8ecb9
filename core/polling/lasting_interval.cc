#include "core/polling/lasting_interval.h"

namespace connwatch {

namespace {

// Keeps in `since` for how long something is so. Returns true iff that is at least `time`.
bool HasLasted(bool is_so, std::optional<MonotonicTime>& since, MonotonicTime now,
               std::chrono::seconds time) {
  if (!is_so) {
    since.reset();
    return false;
  }
  if (!since) since = now;
  return now - *since >= time;
}

}  // namespace

bool LastingInterval::Observe(std::chrono::milliseconds in_force, std::chrono::milliseconds wanted,
                              MonotonicTime now) {
  if (wanted != wanted_) {
    *this = {};
    wanted_ = told_ = wanted;
  }
  const bool is_longer = told_ == wanted ? in_force > wanted : in_force > told_ * kFactor;
  const bool is_shorter = told_ > wanted && (in_force == wanted || in_force * kFactor < told_);
  const bool has_grown = HasLasted(is_longer, longer_since_, now, kLonger);
  const bool has_shrunk = HasLasted(is_shorter, shorter_since_, now, kShorter);
  if (!has_grown && !has_shrunk) return false;
  told_ = in_force;
  longer_since_.reset();
  shorter_since_.reset();
  return true;
}

}  // namespace connwatch
