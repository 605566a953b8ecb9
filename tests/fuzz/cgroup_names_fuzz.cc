// Any bytes as the path of a cgroup, as the text of /proc/self/mountinfo, and as the directory of a
// mount: a name is fit to be shown, and a directory is found whatever its name is.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "procfs/cgroup_container.h"
#include "procfs/cgroup_names.h"
#include "procfs/cgroup_unit.h"
#include "tests/fuzz/require.h"

namespace {

using connwatch::Require;

// What systemd permits in the name of a unit.
bool IsPermitted(char c) {
  constexpr std::string_view kPermitted =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-_.\\@";
  return kPermitted.find(c) != std::string_view::npos;
}

// No name in a file system is longer than 255 bytes.
bool IsPath(std::string_view path) {
  constexpr std::size_t kLongestName = 255;
  while (!path.empty()) {
    const std::size_t length = std::min(path.find('/'), path.size());
    if (length > kLongestName) return false;
    path.remove_prefix(std::min(length + 1, path.size()));
  }
  return true;
}

void CheckUnit(const std::string& path) {
  constexpr std::size_t kLongest = 255;
  const std::string unit = connwatch::UnitFromCgroupPath(path);
  Require(std::ranges::all_of(unit, IsPermitted));
  Require(unit.size() <= kLongest || !IsPath(path));
  // A slash at the end or another root changes nothing.
  Require(connwatch::UnitFromCgroupPath(path + "/") == unit);
  // The innermost unit has the name.
  Require(connwatch::UnitFromCgroupPath(path + "/a.service") == "a.service");
}

void CheckContainer(const std::string& path) {
  const auto container = connwatch::ContainerFromCgroupPath(path);
  if (!container) return;
  Require(connwatch::IsContainerName(container->id));  // hexadecimal digits are a name, too
  Require(container->pod.empty() || connwatch::IsContainerName(container->pod));
  // What is inside of a container changes nothing.
  if (path.ends_with('/')) return;
  const std::string inner(64, 'f');
  const auto with_inner = connwatch::ContainerFromCgroupPath(path + "/docker-" + inner + ".scope");
  Require(with_inner && with_inner->id == container->id);
}

// kernel: seq_path_root() escapes these.
std::string Escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case ' ':
        escaped += "\\040";
        break;
      case '\t':
        escaped += "\\011";
        break;
      case '\n':
        escaped += "\\012";
        break;
      case '\\':
        escaped += "\\134";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

void CheckDirectory(const std::string& name) {
  const std::string directory = "/" + name;
  const std::string line = "30 23 0:26 / " + Escaped(directory) +
                           " rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
  const auto found = connwatch::FindCgroupMount("22 1 8:1 / / rw - ext4 /dev/sda1 rw\n" + line);
  Require(found && found->directory == directory && found->root == "/");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string text(bytes, bytes + size);
  CheckUnit(text);
  CheckContainer(text);
  const auto mount = connwatch::FindCgroupMount(text);
  Require(!mount || text.find("cgroup2") != std::string::npos);
  CheckDirectory(text);
  return 0;
}
