// The kernel's MIB counters that are read for each network namespace, and where they are in the
// kernel's tables. Their places differ from kernel to kernel, and the kernel's type information
// (BTF) tells them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "bpf/walk_layout.h"
#include "core/kernel/kernel_stats.h"

struct btf;  // libbpf

namespace connwatch {

/// In the order of walk_namespace::counters.
inline constexpr std::array<KernelCounterId, WALK_COUNTERS> kWalkCounters = {
    KernelCounterId::kListenDrops, KernelCounterId::kSyncookiesSent, KernelCounterId::kPassiveOpens,
    KernelCounterId::kDeferAcceptDrop};

/// Where the counters are.
struct CounterPlaces {
  struct Place {
    std::uint32_t index = 0;  // in its table
    bool is_of_tcp = false;   // in TCP's own table, not in that of Linux's extensions
    bool is_known = false;    // false: this kernel does not have the counter
  };
  std::array<Place, WALK_COUNTERS> places;
};

CounterPlaces FindCounters(const btf& kernel_types);

}  // namespace connwatch
