#include "procfs/cgroup_container.h"

#include <algorithm>
#include <cstddef>

namespace connwatch {

namespace {

constexpr std::size_t kIdDigits = 64;

bool IsHexDigit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

bool IsId(std::string_view text) {
  return text.size() == kIdDigits && std::ranges::all_of(text, IsHexDigit);
}

bool IsAlphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool TakePrefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool TakeSuffix(std::string_view& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) return false;
  text.remove_suffix(suffix.size());
  return true;
}

// Returns the runtime of a plain id from the path around it: "/docker/ID",
// "/kubepods/burstable/podUID/ID".
std::string_view RuntimeOf(std::string_view outer) {
  if (outer.ends_with("/docker")) return "docker";
  if (outer.find("/kubepods") != std::string_view::npos) return "kubepods";
  return {};
}

// Returns the UID of the pod of Kubernetes that a part of the path names; empty if it names none.
// The systemd driver writes "kubepods-burstable-podUID.slice", with '_' for '-', and if the runtime
// uses the other driver, "kubepods-burstable-podUID.slice:cri-containerd:ID". The cgroupfs driver
// writes "podUID".
std::string KubernetesPodIn(std::string_view name, std::string_view outer) {
  constexpr std::size_t kMaxUid = 64;
  name = name.substr(0, name.find(':'));
  if (TakeSuffix(name, ".slice")) {
    const std::size_t at = name.rfind("-pod");
    if (name.find("kubepods") == std::string_view::npos || at == std::string_view::npos) return {};
    name.remove_prefix(at + 1);
  } else if (outer.find("/kubepods") == std::string_view::npos) {
    return {};
  }
  if (!TakePrefix(name, "pod") || name.empty() || name.size() > kMaxUid) return {};
  std::string uid(name);
  std::ranges::replace(uid, '_', '-');
  const auto belongs = [](char c) { return IsAlphanumeric(c) || c == '-'; };
  return std::ranges::all_of(uid, belongs) ? uid : std::string();
}

// The same for a pod of any kind. Podman's systemd driver writes "machine-libpod_pod_ID.slice".
std::string PodIn(std::string_view name, std::string_view outer) {
  std::string_view id = name;
  const bool is_podman = TakePrefix(id, "machine-libpod_pod_") && TakeSuffix(id, ".slice");
  return is_podman && IsId(id) ? std::string(id) : KubernetesPodIn(name, outer);
}

// systemd: unit_name_escape() writes '-' as "\x2d".
std::string UnescapeHyphens(std::string_view text) {
  constexpr std::string_view kHyphen = R"(\x2d)";
  std::string plain;
  while (!text.empty()) {
    if (TakePrefix(text, kHyphen)) {
      plain += '-';
    } else {
      plain += text.front();
      text.remove_prefix(1);
    }
  }
  return plain;
}

// "lxc.payload.NAME", "/lxc/NAME", "machine-NAME.scope" or "systemd-nspawn@NAME.service".
std::optional<CgroupContainer> ParseMachine(std::string_view name, std::string_view outer) {
  const auto named = [](std::string_view runtime,
                        std::string plain) -> std::optional<CgroupContainer> {
    if (!IsContainerName(plain)) return std::nullopt;
    return CgroupContainer{std::string(runtime), std::move(plain)};
  };
  if (TakePrefix(name, "lxc.payload.") || outer == "/lxc") return named("lxc", std::string(name));
  if (TakePrefix(name, "machine-") && TakeSuffix(name, ".scope"))
    return named("machine", UnescapeHyphens(name));
  if (TakePrefix(name, "systemd-nspawn@") && TakeSuffix(name, ".service"))
    return named("machine", UnescapeHyphens(name));
  return std::nullopt;
}

}  // namespace

bool IsContainerName(std::string_view name) {
  constexpr std::size_t kMaxLength = 253;
  const auto belongs = [](char c) { return IsAlphanumeric(c) || c == '.' || c == '_' || c == '-'; };
  return !name.empty() && name.size() <= kMaxLength && std::ranges::all_of(name, belongs);
}

std::optional<CgroupContainer> ParseContainer(std::string_view name, std::string_view outer) {
  TakeSuffix(name, ".scope");
  if (name.size() < kIdDigits) return std::nullopt;
  const std::string_view id = name.substr(name.size() - kIdDigits);
  if (!IsId(id)) return std::nullopt;

  std::string_view runtime = name.substr(0, name.size() - kIdDigits);
  if (runtime.empty()) return CgroupContainer{std::string(RuntimeOf(outer)), std::string(id)};
  if (!TakeSuffix(runtime, "-") && !TakeSuffix(runtime, ":")) return std::nullopt;
  runtime.remove_prefix(runtime.rfind(':') + 1);  // npos + 1 is 0
  return CgroupContainer{std::string(runtime), std::string(id)};
}

std::optional<CgroupContainer> ContainerFromCgroupPath(std::string_view path) {
  if (path.starts_with("/user.slice/")) return std::nullopt;
  std::string pod;
  std::optional<CgroupContainer> plain;  // an id without a runtime
  for (std::size_t begin = 0; begin < path.size();) {
    const std::size_t end = std::min(path.find('/', begin + 1), path.size());
    std::string_view name = path.substr(begin + 1, end - begin - 1);
    const std::string_view outer = path.substr(0, begin);
    begin = end;
    // systemd: cg_escape() puts a '_' before names that the kernel might want for itself.
    TakePrefix(name, "_");
    if (std::string found = PodIn(name, outer); !found.empty()) pod = std::move(found);
    auto container = ParseContainer(name, outer);
    if (!container) container = ParseMachine(name, outer);
    if (!container) continue;
    // Podman and CRI-O put their own process that watches a container into a cgroup beside it.
    if (container->runtime.ends_with("-conmon")) return std::nullopt;
    if (container->runtime.empty() && !plain) {
      plain = std::move(container);
      continue;
    }
    // Podman's cgroupfs driver: "PODID/libpod-ID".
    if (plain && container->runtime != "libpod") break;
    container->pod = plain ? plain->id : std::move(pod);
    return container;
  }
  if (plain) plain->pod = std::move(pod);
  return plain;
}

}  // namespace connwatch
