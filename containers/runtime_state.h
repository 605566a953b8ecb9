// Names of containers and of Podman's pods, from the files in which Docker and Podman keep their
// state. Neither is asked over its socket. The files belong to root, so only a daemon with user id
// 0 can read them. Sources: Docker's /var/lib/docker/containers/ID/config.v2.json; containers.json
// of github.com/containers/storage; config.json of the OCI runtime specification.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "containers/lazy_lookup.h"
#include "core/base/instant.h"

namespace connwatch {

/// Returns the name in the text of Docker's config.v2.json; nullopt if there is none, or one that
/// Docker does not permit.
std::optional<std::string> ParseDockerConfig(std::string_view text);

/// Returns {id: name} from the text of containers.json or volatile-containers.json. Entries without
/// a permitted name are left out. nullopt if the text is not a list in JSON.
std::optional<std::unordered_map<std::string, std::string>> ParseStoredContainers(
    std::string_view text);

/// Returns the hostname in the text of a container's config.json, likewise.
std::optional<std::string> ParseHostname(std::string_view text);

/// For one thread.
class DockerState {
 public:
  /// `host_root` is where the root of the host's file system is seen.
  explicit DockerState(const std::string& host_root);

  /// Returns the name of the container with this id; nullptr if it is not known. Valid until the
  /// next call.
  const std::string* FindContainer(const std::string& id, MonotonicTime now) {
    return names_.Find(id, now);
  }

 private:
  LazyLookup<std::string> names_;
};

/// For one thread.
class PodmanState {
 public:
  /// Likewise.
  explicit PodmanState(const std::string& host_root);

  /// Likewise.
  const std::string* FindContainer(const std::string& id, MonotonicTime now) {
    return containers_.Find(id, now);
  }
  /// Returns the name of a pod, likewise. Podman keeps it in a database, which is not read: it is
  /// taken for the host name of the pod's first container. They are the same, unless the pod was
  /// made with --hostname.
  const std::string* FindPod(const std::string& id, MonotonicTime now);

 private:
  const std::string directory_;
  // The name of a container by its id; of the first container of each pod also the id by its name.
  LazyIndex<std::string> containers_;
  LazyLookup<std::string> hostnames_;  // by id of the container
};

}  // namespace connwatch
