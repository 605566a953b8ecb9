// The kernel's own count of TCP sockets, for the self-audit and the orphan, TIME_WAIT and memory
// gauges. Sources: /proc/net/sockstat and sockstat6.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/kernel/kernel_stats.h"

namespace connwatch {

/// Reads both files under `proc_net_directory` ("/proc/net"). If sockstat6 is missing, as on a host
/// without IPv6, its value is absent. If sockstat is missing, that is an Error.
Result<SocketStats> ReadSocketStats(const std::string& proc_net_directory);

/// Sets the values in `stats` that the text of either file has, found by name. Other values stay as
/// they are. EBADMSG for text of another form; then some of `stats` may be set.
Result<void> ParseSocketStats(std::string_view text, SocketStats& stats);

}  // namespace connwatch
