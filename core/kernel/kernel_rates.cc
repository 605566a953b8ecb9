#include "core/kernel/kernel_rates.h"

namespace connwatch {

std::optional<double> KernelRates::SegmentsSentPerSecond() const {
  const auto& first_time = (*this)[KernelCounterId::kOutSegs];
  const auto& again = (*this)[KernelCounterId::kRetransSegs];
  if (!first_time || !again) return std::nullopt;
  return *first_time + *again;
}

std::optional<double> KernelRates::RetransmittedRatio() const {
  const auto sent = SegmentsSentPerSecond();
  if (!sent || *sent <= 0) return std::nullopt;
  return *(*this)[KernelCounterId::kRetransSegs] / *sent;
}

KernelRates KernelRatesBetween(const KernelCounters& before, const KernelCounters& after,
                               std::chrono::duration<double> span) {
  KernelRates rates{.span = span, .per_second = {}};
  for (std::size_t i = 0; i < kKernelCounterCount; ++i) {
    const auto& from = before.values.at(i);
    const auto& to = after.values.at(i);
    if (!from || !to || *to < *from) continue;
    rates.per_second.at(i) = static_cast<double>(*to - *from) / span.count();
  }
  return rates;
}

}  // namespace connwatch
