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

/// Returns what the text of /proc/[pid]/stat says: CPU time, sizes, threads, and the start time,
/// which counts from `boot_time`. All values are absent if the text is malformed.
ProcessStats ParseProcessStat(std::string_view text, std::optional<WallTime> boot_time);

}  // namespace connwatch
