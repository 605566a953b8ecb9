// The kernel's MIB counters (RFC 4022 and Linux's own). Sources: /proc/net/snmp and
// /proc/net/netstat, kernel: snmp_seq_show(), netstat_seq_show().
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/kernel/kernel_stats.h"

namespace connwatch {

/// Reads both files under `proc_net_directory` ("/proc/net"), which shows the network namespace of
/// the reading process.
Result<KernelCounters> ReadKernelCounters(const std::string& proc_net_directory);

/// Sets the counters that `text` has, found by column name. `text` must consist of pairs of lines,
/// one with names and one with numbers, which begin with the same "Group:". A counter whose column
/// is missing or negative (MaxConn -1) stays as it is. EBADMSG for text of another form; then some
/// of `counters` may be set.
Result<void> ParseKernelCounters(std::string_view text, KernelCounters& counters);

}  // namespace connwatch
