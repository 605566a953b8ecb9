// Who owns a socket: the systemd unit, container or pod of its cgroup, by names that people know.
// Names come from the cgroup hierarchy and from files that the kubelet, Docker and Podman leave on
// the host. No API server and no runtime is asked.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "containers/kubelet_logs.h"
#include "containers/runtime_state.h"
#include "core/base/instant.h"
#include "procfs/cgroup_names.h"

namespace connwatch {

/// Each is empty if it is not known.
struct SocketOwner {
  /// "nginx.service"; of a container "NAMESPACE/POD/CONTAINER", "podman/NAME", "docker/NAME", or
  /// as long as its name is not known, runtime and id: "cri-containerd-0123456789ab".
  std::string unit;
  /// What its network namespace is called, which the containers of a pod share: "NAMESPACE/POD",
  /// "podman/POD", "podman/NAME", "docker/NAME", "lxc/NAME", "machine/NAME".
  std::string container = {};
  /// A pod's namespace in Kubernetes, and its name; of a pod of Podman only the name.
  std::string pod_namespace = {};
  std::string pod = {};
};

/// For one thread. Nothing here fails: if a name cannot be found, it is empty. Everything is read
/// when a name is asked for, at most once a second, and more rarely the more there is to read.
class OwnerNames {
 public:
  /// `host_root` is where the root of the host's file system is seen. `mountinfo` is the file that
  /// tells where cgroups are mounted. `min_rescan` is the least time between two walks over the
  /// hierarchy of cgroups.
  explicit OwnerNames(const std::string& host_root, std::string mountinfo = "/proc/self/mountinfo",
                      std::chrono::milliseconds min_rescan = std::chrono::seconds(1));

  SocketOwner OwnerOf(std::uint64_t cgroup_id, MonotonicTime now);
  std::string UnitOf(std::uint64_t cgroup_id, MonotonicTime now) {
    return OwnerOf(cgroup_id, now).unit;
  }

 private:
  SocketOwner Name(const CgroupOwner& owner, MonotonicTime now);
  SocketOwner NamePod(const CgroupContainer& container, MonotonicTime now);
  SocketOwner NamePodman(const CgroupContainer& container, MonotonicTime now);

  CgroupNames cgroups_;
  KubeletLogs kubelet_;
  DockerState docker_;
  PodmanState podman_;
};

}  // namespace connwatch
