#include "monitor/clock.h"

#include <ctime>

namespace connwatch {

namespace {

std::chrono::nanoseconds Read(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

Instant Now() { return {MonotonicTime(Read(CLOCK_BOOTTIME)), std::chrono::system_clock::now()}; }

std::chrono::nanoseconds TimeAwake() { return Read(CLOCK_MONOTONIC); }

std::chrono::nanoseconds ThreadCpuTime() { return Read(CLOCK_THREAD_CPUTIME_ID); }

}  // namespace connwatch
