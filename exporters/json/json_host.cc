#include "exporters/json/json_host.h"

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "core/host_limits.h"
#include "exporters/json/json_values.h"

namespace connwatch {

namespace {

struct RateField {
  const char* name;
  KernelCounterId counter;
};

// After those of segments.
constexpr std::array kRateFields = std::to_array<RateField>({
    {"connects_per_second", KernelCounterId::kActiveOpens},
    {"accepts_per_second", KernelCounterId::kPassiveOpens},
    {"attempt_fails_per_second", KernelCounterId::kAttemptFails},
    {"resets_sent_per_second", KernelCounterId::kOutRsts},
    {"established_resets_per_second", KernelCounterId::kEstabResets},
    {"listen_drops_per_second", KernelCounterId::kListenDrops},
    {"timeouts_per_second", KernelCounterId::kAbortOnTimeout},
});

Json ToJson(const HostLimit& limit) {
  return {{"name", limit.name},           {"used", OrNull(limit.used)},
          {"limit", OrNull(limit.limit)}, {"used_ratio", OrNull(limit.UsedRatio())},
          {"unit", Name(limit.unit)},     {"subject", TextOrNull(limit.subject)}};
}

// Without rates every field is there, and is null.
Json ToJson(const std::optional<KernelRates>& known) {
  const KernelRates rates = known.value_or(KernelRates{});
  Json object = {
      {"span_seconds", known ? Json(ToSeconds(rates.span)) : Json()},
      {"segments_sent_per_second", OrNull(rates.SegmentsSentPerSecond())},
      {"segments_retransmitted_per_second", OrNull(rates[KernelCounterId::kRetransSegs])},
      {"retransmitted_ratio", OrNull(rates.RetransmittedRatio())}};
  for (const RateField& field : kRateFields) object[field.name] = OrNull(rates[field.counter]);
  return object;
}

}  // namespace

std::string RenderHost(const Report& report) {
  const Snapshot& snapshot = *report.snapshot;
  Json limits = Json::array();
  for (const HostLimit& limit : HostLimitsOf(snapshot, report.process)) {
    limits.push_back(ToJson(limit));
  }
  return Write({{"name", report.host.name},
                {"time_zone", TextOrNull(report.host.time_zone)},
                {"utc_offset_seconds", report.host.utc_offset.count()},
                {"timestamp_seconds", Timestamp(snapshot.at.wall)},
                {"limits", std::move(limits)},
                {"rates", ToJson(snapshot.kernel_rates)}});
}

}  // namespace connwatch
