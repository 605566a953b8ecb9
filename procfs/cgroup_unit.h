// Finds the systemd unit or the container that a cgroup belongs to, from the cgroup's path.
// Sources: systemd.unit(5), systemd's cgroup-util.c and unit-name.c, the cgroup drivers of Docker,
// Podman, containerd and CRI-O.
#pragma once

#include <string>
#include <string_view>

namespace connwatch {

/// The name for a cgroup `path` counted from the root of the hierarchy:
/// - the innermost unit, "nginx.service", "session-3.scope", "user@1000.service", or container,
///   with its id cut to 12 digits: "docker-0123456789ab", "cri-containerd-0123456789ab";
/// - else the innermost slice;
/// - else "": the root, or a hierarchy that systemd does not run.
///
/// The result has at most 255 characters, all of them permitted by systemd in names. It does not
/// prove identity: a process to which a cgroup was delegated may name the cgroups inside as it
/// likes.
std::string UnitFromCgroupPath(std::string_view path);

}  // namespace connwatch
