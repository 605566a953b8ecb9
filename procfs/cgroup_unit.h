// From the path of a cgroup to the systemd unit or the container it belongs to. Sources:
// systemd.unit(5), systemd's cgroup-util.c and unit-name.c, the cgroup drivers of Docker, Podman,
// containerd and CRI-O.
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
/// The answer consists of at most 255 of the characters that systemd permits in names. It is not
/// proof of identity: whoever was delegated a cgroup may name those inside at will.
std::string UnitFromCgroupPath(std::string_view path);

}  // namespace connwatch
