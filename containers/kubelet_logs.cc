#include "containers/kubelet_logs.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "procfs/cgroup_container.h"
#include "procfs/host_path.h"

namespace connwatch {

namespace {

namespace fs = std::filesystem;

// One entry takes about two microseconds, so this is at most a fiftieth of the time.
constexpr std::chrono::microseconds kPausePerEntry{100};

// Calls `use` with the name of each entry of `directory`, and returns how many there were. nullopt
// if not all can be read, for example because there is no such directory.
template <typename Use>
std::optional<std::size_t> ForEachName(const std::string& directory, Use use) {
  std::size_t entries = 0;
  std::error_code failure;
  for (fs::directory_iterator entry(directory, failure), end; !failure && entry != end;
       entry.increment(failure)) {
    if (++entries > KubeletLogs::kMaxEntries) break;
    use(entry->path().filename().native());
  }
  if (failure) return std::nullopt;
  return entries;
}

std::optional<LazyIndex<PodName>::Contents> ReadPods(const std::string& directory) {
  LazyIndex<PodName>::Map pods;
  const auto entries = ForEachName(directory, [&](const std::string& name) {
    auto pod = ParsePodLogName(name);
    if (!pod) return;
    std::string uid = pod->uid;
    pods.emplace(std::move(uid), *std::move(pod));
  });
  if (!entries) return std::nullopt;
  return {{std::move(pods), *entries}};
}

std::optional<LazyIndex<std::string>::Contents> ReadContainers(const std::string& directory) {
  LazyIndex<std::string>::Map containers;
  const auto entries = ForEachName(directory, [&](const std::string& name) {
    if (auto log = ParseContainerLogName(name))
      containers.emplace(std::move(log->id), std::move(log->container));
  });
  if (!entries) return std::nullopt;
  return {{std::move(containers), *entries}};
}

// Takes what stands before the first '_' out of `text`, which begins after it then. Names in
// Kubernetes have no '_'.
std::optional<std::string> TakeName(std::string_view& text) {
  const std::size_t end = text.find('_');
  if (end == std::string_view::npos) return std::nullopt;
  std::string name(text.substr(0, end));
  text.remove_prefix(end + 1);
  if (!IsContainerName(name)) return std::nullopt;
  return name;
}

}  // namespace

std::optional<PodName> ParsePodLogName(std::string_view name) {
  auto name_space = TakeName(name);
  auto pod = TakeName(name);
  if (!name_space || !pod) return std::nullopt;
  if (!IsContainerName(name) || name.find('_') != std::string_view::npos) return std::nullopt;
  return PodName{*std::move(name_space), *std::move(pod), std::string(name)};
}

std::optional<ContainerLogName> ParseContainerLogName(std::string_view name) {
  constexpr std::string_view kSuffix = ".log";
  if (!name.ends_with(kSuffix)) return std::nullopt;
  name.remove_suffix(kSuffix.size());
  if (!TakeName(name) || !TakeName(name)) return std::nullopt;
  const std::size_t hyphen = name.rfind('-');
  if (hyphen == std::string_view::npos || hyphen == 0) return std::nullopt;
  const std::string_view container = name.substr(0, hyphen);
  if (!IsContainerName(container) || container.find('_') != std::string_view::npos)
    return std::nullopt;
  return ContainerLogName{std::string(name.substr(hyphen + 1)), std::string(container)};
}

KubeletLogs::KubeletLogs(const std::string& host_root)
    : pods_([directory = PathOnHost(host_root, "/var/log/pods")] { return ReadPods(directory); },
            kPausePerEntry),
      containers_([directory = PathOnHost(
                       host_root, "/var/log/containers")] { return ReadContainers(directory); },
                  kPausePerEntry) {}

}  // namespace connwatch
