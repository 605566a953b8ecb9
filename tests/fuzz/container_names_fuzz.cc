// Any bytes as what a kubelet, Docker and Podman leave on a host: names of log directories and the
// files in which they keep their state. What is found may be shown.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "containers/kubelet_logs.h"
#include "containers/runtime_state.h"
#include "procfs/cgroup_container.h"
#include "tests/fuzz/require.h"

namespace {

using connwatch::IsContainerName;
using connwatch::Require;

bool IsOfKubernetes(std::string_view name) {
  return IsContainerName(name) && name.find('_') == std::string_view::npos;
}

void CheckLogNames(std::string_view text) {
  if (const auto pod = connwatch::ParsePodLogName(text)) {
    Require(IsOfKubernetes(pod->name_space) && IsOfKubernetes(pod->name) &&
            IsOfKubernetes(pod->uid));
    Require(pod->name_space + "_" + pod->name + "_" + pod->uid == text);
  }
  if (const auto log = connwatch::ParseContainerLogName(text)) {
    Require(IsOfKubernetes(log->container));
    Require(text.ends_with("_" + log->container + "-" + log->id + ".log"));
  }
}

void CheckState(std::string_view text) {
  if (const auto name = connwatch::ParseDockerConfig(text)) Require(IsContainerName(*name));
  if (const auto name = connwatch::ParseHostname(text)) Require(IsContainerName(*name));
  const auto stored = connwatch::ParseStoredContainers(text);
  if (!stored) return;
  for (const auto& [id, name] : *stored) Require(IsContainerName(name));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  CheckLogNames(text);
  CheckState(text);
  return 0;
}
