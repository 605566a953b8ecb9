// Paths of the host's file system, for a daemon that may run in a container.
#pragma once

#include <string>
#include <string_view>

namespace connwatch {

/// Returns where the file or directory `path`, which begins with '/', is seen if the root of the
/// host's file system is seen at `host_root`: "/host/run/netns" for "/host" or "/host/".
inline std::string PathOnHost(std::string_view host_root, std::string_view path) {
  if (host_root.ends_with('/')) host_root.remove_suffix(1);
  return std::string(host_root).append(path);
}

}  // namespace connwatch
