#include "monitor/clock.h"

#include <ctime>

namespace connwatch {

Instant Now() { return {std::chrono::steady_clock::now(), std::chrono::system_clock::now()}; }

std::chrono::nanoseconds ThreadCpuTime() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace connwatch
