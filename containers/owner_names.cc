#include "containers/owner_names.h"

#include <utility>

namespace connwatch {

namespace {

// True iff a unit that is named in the path is better known than the container: in a machine with a
// systemd of its own, and around a container that podman started for a service (--cgroups=split).
bool PrefersUnit(const CgroupContainer& container) {
  return container.runtime == "machine" || container.runtime == "lxc" ||
         container.runtime == "libpod-payload";
}

}  // namespace

OwnerNames::OwnerNames(const std::string& host_root, std::string mountinfo,
                       std::chrono::milliseconds min_rescan)
    : cgroups_(std::move(mountinfo), host_root, min_rescan),
      kubelet_(host_root),
      docker_(host_root),
      podman_(host_root) {}

SocketOwner OwnerNames::OwnerOf(std::uint64_t cgroup_id, MonotonicTime now) {
  const CgroupOwner* owner = cgroups_.Find(cgroup_id, now);
  return owner == nullptr ? SocketOwner() : Name(*owner, now);
}

SocketOwner OwnerNames::Name(const CgroupOwner& owner, MonotonicTime now) {
  if (!owner.container) return {owner.unit};
  const CgroupContainer& container = *owner.container;
  SocketOwner named;
  if (container.runtime == "machine" || container.runtime == "lxc") {
    named.container = container.runtime + "/" + container.id;
    named.unit = named.container;
  } else if (container.runtime.starts_with("libpod")) {
    named = NamePodman(container, now);
  } else if (!container.pod.empty()) {
    named = NamePod(container, now);
  } else if (container.runtime == "docker") {
    if (const std::string* name = docker_.FindContainer(container.id, now)) {
      named.container = "docker/" + *name;
      named.unit = named.container;
    }
  }
  const bool has_better = !owner.unit.empty() && PrefersUnit(container);
  if (named.unit.empty() || has_better) named.unit = owner.unit;
  return named;
}

SocketOwner OwnerNames::NamePod(const CgroupContainer& container, MonotonicTime now) {
  constexpr std::size_t kShownIdDigits = 12;
  const PodName* pod = kubelet_.FindPod(container.pod, now);
  if (pod == nullptr) return {};
  SocketOwner named;
  named.pod_namespace = pod->name_space;
  named.pod = pod->name;
  named.container = pod->name_space + "/" + pod->name;
  const std::string* name = kubelet_.FindContainer(container.id, now);
  named.unit =
      named.container + "/" + (name == nullptr ? container.id.substr(0, kShownIdDigits) : *name);
  return named;
}

SocketOwner OwnerNames::NamePodman(const CgroupContainer& container, MonotonicTime now) {
  SocketOwner named;
  std::string prefix = "podman/";
  const std::string* pod = container.pod.empty() ? nullptr : podman_.FindPod(container.pod, now);
  if (pod != nullptr) {
    named.pod = *pod;
    named.container = prefix + *pod;
    prefix = named.container + "/";
  }
  const std::string* name = podman_.FindContainer(container.id, now);
  if (name == nullptr) return named;
  named.unit = prefix + *name;
  if (pod == nullptr) named.container = named.unit;
  return named;
}

}  // namespace connwatch
