// This process's own CPU time, memory and descriptors, for the process_* metrics.
// Sources: proc(5), /proc/[pid]/stat and /proc/[pid]/fd; getrlimit(2) for the limit of descriptors.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/process_stats.h"

namespace connwatch {

/// Reads the files under `directory` ("/proc/self"; tests use another) and the boot time from
/// /proc/stat. What cannot be read or understood is absent from the result.
ProcessStats ReadProcessStats(const std::string& directory);

/// Returns when the host was booted, from the text of /proc/stat. nullopt if the text does not say
/// so, or if its last line is cut.
std::optional<WallTime> ParseBootTime(std::string_view text);

/// Returns what the text of /proc/[pid]/stat says: CPU time, sizes, threads, and the start time,
/// which counts from `boot_time`. All values are absent if the text is malformed. A time of more
/// than 126 years is absent. `boot_time` must be as ParseBootTime() returns it.
ProcessStats ParseProcessStat(std::string_view text, std::optional<WallTime> boot_time);

}  // namespace connwatch
