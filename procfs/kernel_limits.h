// The kernel's limits on TIME_WAIT, orphans, memory and local ports. Sources: ip-sysctl, the files
// under /proc/sys/net/ipv4.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/kernel/kernel_stats.h"

namespace connwatch {

/// Reads the settings under `directory` ("/proc/sys/net/ipv4"). A setting that this kernel or
/// network namespace does not have is absent (tcp_max_orphans and tcp_mem exist only in the first
/// namespace). But every kernel has ip_local_port_range, so it is an Error if that is missing. Text
/// of another form is an Error too.
Result<KernelLimits> ReadKernelLimits(const std::string& directory);

/// Which number of a line with several: the first, the second and so on.
struct FieldPlace {
  std::size_t number = 1;
  std::size_t of = 1;
};

/// Returns a number of a line that has exactly as many as `place` says; nullopt if it is negative.
Result<std::optional<std::uint64_t>> ParseLimit(std::string_view text, FieldPlace place = {});

/// Parses "32768\t60999\n".
Result<PortRange> ParsePortRange(std::string_view text);

/// Parses a list such as "8080,9000-9005\n". "\n" is an empty list.
Result<std::vector<PortRange>> ParsePortRanges(std::string_view text);

}  // namespace connwatch
