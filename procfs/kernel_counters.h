// The kernel's MIB counters (RFC 4022 and Linux's own). Sources: /proc/net/snmp and
// /proc/net/netstat, kernel: snmp_seq_show(), netstat_seq_show().
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/kernel/kernel_stats.h"

namespace connwatch {

/// Both files under `proc_net_directory` ("/proc/net"), which shows the network namespace of the
/// reading process.
Result<KernelCounters> ReadKernelCounters(const std::string& proc_net_directory);

/// Sets in `counters` what `text` has, found by column name: pairs of a line with names and one
/// with numbers, both beginning with the same "Group:". Columns it lacks and negative values
/// (MaxConn -1) stay as they are. EBADMSG for text of another shape; `counters` may then be half
/// set.
Result<void> ParseKernelCounters(std::string_view text, KernelCounters& counters);

}  // namespace connwatch
