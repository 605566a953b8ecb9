// Finds the container and the pod that a cgroup belongs to, from the cgroup's path. Sources: the
// cgroup drivers "systemd" and "cgroupfs" of the kubelet, containerd, CRI-O, Docker and Podman;
// systemd-nspawn(1), systemd-machined; lxc.container.conf(5). The paths are the same in cgroup v1
// and v2.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace connwatch {

/// A container as its runtime knows it.
struct CgroupContainer {
  /// What is written before the id: "docker", "libpod" (Podman), "cri-containerd", "crio",
  /// "kubepods" (the kubelet's cgroupfs driver) and others; "lxc"; "machine" for the machines of
  /// systemd. Empty if the path does not say it.
  std::string runtime;
  /// 64 hexadecimal digits; of "lxc" and "machine" the name.
  std::string id;
  /// The pod that it is in; empty if it is in none. Of Kubernetes the UID as the API server writes
  /// it, with hyphens. Of Podman ("libpod") the pod's id, 64 hexadecimal digits.
  std::string pod = {};

  bool operator==(const CgroupContainer&) const = default;
};

/// Returns the container whose id is in `name`, the last part of the path of a cgroup; `outer` is
/// the path before it. nullopt for anything else. `pod` stays empty.
std::optional<CgroupContainer> ParseContainer(std::string_view name, std::string_view outer);

/// Returns the outermost container of a cgroup `path` that is counted from the root of the
/// hierarchy. What runs inside a container may name its own cgroups as it likes, so what they say
/// does not count. Likewise nullopt for a path below /user.slice, where users make cgroups.
std::optional<CgroupContainer> ContainerFromCgroupPath(std::string_view path);

/// Returns true iff `name` may be shown: 1 to 253 letters, digits, '.', '_' and '-'. The names that
/// Kubernetes, Docker, Podman, LXC and systemd permit are of this kind.
bool IsContainerName(std::string_view name);

}  // namespace connwatch
