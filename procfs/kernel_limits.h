// The kernel's limits on TIME_WAIT, orphans, memory and local ports. Sources: ip-sysctl, the files
// under /proc/sys/net/ipv4.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/kernel/kernel_stats.h"

namespace connwatch {

/// The settings under `directory` ("/proc/sys/net/ipv4"). One that this kernel or network namespace
/// does not have (tcp_max_orphans and tcp_mem exist only in the first namespace) is absent. Every
/// kernel has ip_local_port_range: without it, it is an Error, as for text of another shape.
Result<KernelLimits> ReadKernelLimits(const std::string& directory);

/// The last of exactly `field_count` numbers; absent where it is negative.
Result<std::optional<std::uint64_t>> ParseLimit(std::string_view text, std::size_t field_count);

/// "32768\t60999\n".
Result<PortRange> ParsePortRange(std::string_view text);

/// How many ports of `range` the list "8080,9000-9005\n" names; "\n" is an empty list.
Result<std::uint64_t> CountReservedPorts(std::string_view text, PortRange range);

}  // namespace connwatch
