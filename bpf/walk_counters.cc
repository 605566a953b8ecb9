#include "bpf/walk_counters.h"

#include <bpf/btf.h>

#include <span>
#include <string_view>

namespace connwatch {

namespace {

// kernel: include/uapi/linux/snmp.h. In the order of kWalkCounters.
constexpr std::array<std::string_view, WALK_COUNTERS> kNames = {
    "LINUX_MIB_LISTENDROPS", "LINUX_MIB_SYNCOOKIESSENT", "TCP_MIB_PASSIVEOPENS",
    "LINUX_MIB_TCPDEFERACCEPTDROP"};
constexpr std::string_view kTcpPrefix = "TCP_MIB_";

}  // namespace

// The enumerations have no names, so that libbpf cannot look them up.
CounterPlaces FindCounters(const btf& kernel_types) {
  CounterPlaces found;
  const std::uint32_t count = btf__type_cnt(&kernel_types);
  for (std::uint32_t id = 1; id < count; ++id) {
    const btf_type* type = btf__type_by_id(&kernel_types, id);
    if (!btf_is_enum(type) || type->name_off != 0) continue;
    for (const struct btf_enum& value : std::span(btf_enum(type), btf_vlen(type))) {
      const std::string_view name = btf__name_by_offset(&kernel_types, value.name_off);
      for (std::size_t i = 0; i < kNames.size(); ++i) {
        if (name != kNames.at(i)) continue;
        found.places.at(i) = {static_cast<std::uint32_t>(value.val), name.starts_with(kTcpPrefix),
                              true};
      }
    }
  }
  return found;
}

}  // namespace connwatch
