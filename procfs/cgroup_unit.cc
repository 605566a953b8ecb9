#include "procfs/cgroup_unit.h"

#include <algorithm>
#include <array>

namespace connwatch {

namespace {

constexpr std::size_t kContainerIdDigits = 64;
constexpr std::size_t kShownIdDigits = 12;

bool IsHexDigit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

// systemd: VALID_CHARS_WITH_AT in unit-name.c. Other characters in a name (control characters,
// bytes that are not UTF-8) would break the page.
bool IsUnitCharacter(char c) {
  constexpr std::string_view kPunctuation = ":-_.\\@";
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         kPunctuation.find(c) != std::string_view::npos;
}

// ".service" alone is not the name of anything.
bool HasSuffix(std::string_view name, std::string_view suffix) {
  return name.size() > suffix.size() && name.ends_with(suffix);
}

// The kinds of unit that have processes of their own.
bool IsUnit(std::string_view name) {
  constexpr std::array<std::string_view, 5> kSuffixes = {".service", ".scope", ".socket", ".mount",
                                                         ".swap"};
  return std::ranges::any_of(kSuffixes,
                             [&](std::string_view suffix) { return HasSuffix(name, suffix); });
}

// Returns the runtime of a plain id from the path around it: "/docker/ID",
// "/kubepods/burstable/podUID/ID".
std::string_view RuntimeOf(std::string_view outer) {
  if (outer.ends_with("/docker")) return "docker";
  if (outer.find("/kubepods") != std::string_view::npos) return "kubepods";
  return {};
}

// "docker-ID.scope", "libpod-ID", "kubepods-pod1.slice:cri-containerd:ID" or a plain ID, where ID
// is 64 hex digits; "" for anything else. `outer` is the path that `name` is in.
std::string ContainerName(std::string_view name, std::string_view outer) {
  constexpr std::string_view kScope = ".scope";
  if (name.ends_with(kScope)) name.remove_suffix(kScope.size());
  if (name.size() < kContainerIdDigits) return {};
  const std::string_view id = name.substr(name.size() - kContainerIdDigits);
  if (!std::ranges::all_of(id, IsHexDigit)) return {};

  std::string_view runtime = name.substr(0, name.size() - kContainerIdDigits);
  if (runtime.empty()) {
    runtime = RuntimeOf(outer);
  } else {
    if (!runtime.ends_with('-') && !runtime.ends_with(':')) return {};
    runtime.remove_suffix(1);
    runtime.remove_prefix(runtime.rfind(':') + 1);  // npos + 1 is 0
  }
  std::string shown(runtime);
  if (!shown.empty()) shown += '-';
  return shown.append(id.substr(0, kShownIdDigits));
}

// True iff the name says less than the unit around it. That is the first process of a user's or a
// container's systemd, or the container of a service whose cgroup podman shares (--cgroups=split).
bool IsDetail(std::string_view name) {
  return name == "init.scope" || name.starts_with("libpod-payload-");
}

}  // namespace

std::string UnitFromCgroupPath(std::string_view path) {
  std::string detail;
  std::string slice;
  for (std::size_t slash = path.rfind('/'); slash != std::string_view::npos;
       slash = path.rfind('/')) {
    std::string_view name = path.substr(slash + 1);
    path = path.substr(0, slash);
    // systemd: cg_escape() puts a '_' before names that the kernel might want for itself.
    if (name.starts_with('_')) name.remove_prefix(1);
    if (!std::ranges::all_of(name, IsUnitCharacter)) continue;
    std::string found = ContainerName(name, path);
    if (found.empty() && IsUnit(name)) found = name;
    if (!found.empty() && !IsDetail(name)) return found;
    if (detail.empty()) detail = found;
    if (slice.empty() && HasSuffix(name, ".slice")) slice = name;
  }
  return detail.empty() ? slice : detail;
}

}  // namespace connwatch
