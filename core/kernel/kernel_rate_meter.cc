#include "core/kernel/kernel_rate_meter.h"

namespace connwatch {

std::optional<KernelRates> KernelRateMeter::Observe(const std::optional<KernelCounters>& counters,
                                                    MonotonicTime now) {
  if (!counters) return std::nullopt;
  while (readings_.size() > 1 && now - readings_[1].at >= kSpan) readings_.pop_front();
  std::optional<KernelRates> rates;
  if (!readings_.empty() && now - readings_.front().at >= kMinSpan) {
    const Reading& first = readings_.front();
    rates = KernelRatesBetween(first.counters, *counters, now - first.at);
  }
  if (readings_.empty() || now - readings_.back().at >= kMinDistance) {
    readings_.push_back({now, *counters});
  }
  return rates;
}

}  // namespace connwatch
