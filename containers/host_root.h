// Whether the host's file system is where the configuration says.
#pragma once

#include <optional>
#include <string>

namespace connwatch {

/// Returns what is wrong with `host_root`, where the root of the host's file system should be seen:
/// it is no directory, or no hierarchy of cgroup v2 is mounted below it, so that nothing has the
/// name of a unit, container or pod. nullopt if it is good, and for "/", where a host may have no
/// cgroup v2. `mountinfo` is the file that tells what is mounted where.
std::optional<std::string> ProblemWithHostRoot(const std::string& host_root,
                                               const std::string& mountinfo);

}  // namespace connwatch
