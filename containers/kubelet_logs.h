// Names of pods and their containers, as the kubelet writes them into the names of its log
// directories. Neither the API server nor the container runtime is asked. Sources: kubelet,
// pkg/kubelet/kuberuntime/helpers.go, BuildPodLogsDirectory() and legacyLogSymlink().
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "containers/lazy_lookup.h"
#include "core/base/instant.h"

namespace connwatch {

/// A pod of Kubernetes.
struct PodName {
  std::string name_space;
  std::string name;
  std::string uid;

  bool operator==(const PodName&) const = default;
};

/// Reads the name of a directory in /var/log/pods, "NAMESPACE_POD_UID". nullopt for anything else.
std::optional<PodName> ParsePodLogName(std::string_view name);

/// The container of a file in /var/log/containers, "POD_NAMESPACE_CONTAINER-ID.log".
struct ContainerLogName {
  std::string id;
  std::string container;
};
std::optional<ContainerLogName> ParseContainerLogName(std::string_view name);

/// For one thread. Only lists the two directories, and opens no log. Names that Kubernetes does not
/// permit do not count.
class KubeletLogs {
 public:
  /// The most entries of a directory that are looked at.
  static constexpr std::size_t kMaxEntries = 16'384;

  /// `host_root` is where the root of the host's file system is seen.
  explicit KubeletLogs(const std::string& host_root);

  /// Returns nullptr if the pod is not known. Valid until the next call.
  const PodName* FindPod(const std::string& uid, MonotonicTime now) { return pods_.Find(uid, now); }
  /// Returns the name of the container with this id in its pod; nullptr if it is not known. The
  /// kubelet cuts the id if pod and container have very long names. Valid until the next call.
  const std::string* FindContainer(const std::string& id, MonotonicTime now) {
    return containers_.Find(id, now);
  }

 private:
  LazyIndex<PodName> pods_;            // by UID
  LazyIndex<std::string> containers_;  // by id
};

}  // namespace connwatch
