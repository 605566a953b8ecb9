#include "procfs/cgroup_unit.h"

#include <algorithm>
#include <array>

#include "procfs/cgroup_container.h"

namespace connwatch {

namespace {

constexpr std::size_t kShownIdDigits = 12;

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

// "docker-0123456789ab" for a container, with its id cut; "" for anything else. `outer` is the path
// that `name` is in.
std::string ContainerName(std::string_view name, std::string_view outer) {
  const auto container = ParseContainer(name, outer);
  if (!container) return {};
  std::string shown = container->runtime;
  if (!shown.empty()) shown += '-';
  return shown.append(container->id, 0, kShownIdDigits);
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
