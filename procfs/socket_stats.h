// The kernel's own count of TCP sockets, for the self-audit and the orphan, TIME_WAIT and memory
// gauges. Sources: /proc/net/sockstat and sockstat6.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/kernel/kernel_stats.h"

namespace connwatch {

/// Both files under `proc_net_directory` ("/proc/net"). Without sockstat6, as on a host without
/// IPv6, its value is absent; without sockstat it is an Error.
Result<SocketStats> ReadSocketStats(const std::string& proc_net_directory);

/// What the text of either file has, found by name, goes into `stats`; the rest stays as it is.
/// EBADMSG for text of another shape; `stats` may then be half set.
Result<void> ParseSocketStats(std::string_view text, SocketStats& stats);

}  // namespace connwatch
