// What the packet filter's connection tracking says about its table. Sources:
// /proc/sys/net/netfilter and /proc/net/stat/nf_conntrack (kernel: ct_cpu_seq_show()).
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/kernel/conntrack_stats.h"

namespace connwatch {

/// Reads the files under `proc_directory` ("/proc"), which shows the network namespace of the
/// reading process. Everything is absent if connection tracking is not loaded. A kernel may also
/// have only a part of the files. Text of another form is an Error.
Result<ConntrackStats> ReadConntrack(const std::string& proc_directory);

/// Sets the counters that `text` has: a line with the names of the columns, then one line of
/// hexadecimal numbers for each CPU. Adds up the CPUs. Which columns there are, and in which order,
/// differs between kernels. EBADMSG for text of another form; then nothing is set.
Result<void> ParseConntrackCounters(std::string_view text, ConntrackStats& stats);

}  // namespace connwatch
