#include "procfs/cgroup_names.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <utility>
#include <vector>

#include "procfs/cgroup_unit.h"
#include "procfs/host_path.h"
#include "procfs/text_file.h"

namespace connwatch {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxDirectories = 20'000;
constexpr std::size_t kMaxDepth = 32;
// A user may make cgroups with long names, each inside the other. The paths of units and containers
// have a few hundred bytes.
constexpr std::size_t kMaxPathBytes = 1'024;
constexpr std::size_t kMaxUnknownIds = 100'000;
// To look at a cgroup takes some ten microseconds, so this is about a hundredth of the time.
constexpr std::chrono::milliseconds kPausePerCgroup{1};

// kernel: the inode of the root cgroup is 1 in every kernfs hierarchy.
constexpr std::uint64_t kRootCgroup = 1;

// proc(5), /proc/[pid]/mountinfo, counted from 0.
constexpr std::size_t kRootField = 3;
constexpr std::size_t kDirectoryField = 4;

// kernel: seq_path_root() writes space, tab, newline and backslash as "\040" and so on.
std::string Unescape(std::string_view text) {
  constexpr std::size_t kDigits = 3;
  const auto is_octal = [](char c) { return c >= '0' && c <= '7'; };
  std::string plain;
  while (!text.empty()) {
    const std::string_view digits = text.substr(1, kDigits);
    if (text[0] != '\\' || digits.size() != kDigits || !std::ranges::all_of(digits, is_octal)) {
      plain += text[0];
      text.remove_prefix(1);
      continue;
    }
    plain += static_cast<char>((digits[0] - '0') * 64 + (digits[1] - '0') * 8 + (digits[2] - '0'));
    text.remove_prefix(1 + kDigits);
  }
  return plain;
}

// kernel: cgroup_show_path(): a mount that shows more than the reader's own cgroup namespace has
// "/.." for each level further up. That is the host's hierarchy, seen in a container.
std::string FromTheTop(std::string root) {
  constexpr std::string_view kUp = "/..";
  while (root.starts_with("/../") || root == kUp) root.erase(0, kUp.size());
  return root.empty() ? "/" : root;
}

std::optional<CgroupMount> ParseMount(std::string_view line) {
  const std::vector<std::string_view> fields = SplitFields(line);
  // "-" ends a varying number of optional fields. The type of the file system follows.
  const auto separator = std::ranges::find(fields, "-");
  if (fields.end() - separator < 2 || *(separator + 1) != "cgroup2") return std::nullopt;
  if (separator - fields.begin() <= static_cast<std::ptrdiff_t>(kDirectoryField))
    return std::nullopt;
  return CgroupMount{Unescape(fields[kDirectoryField]), FromTheTop(Unescape(fields[kRootField]))};
}

int PreferenceOf(const CgroupMount& mount, std::string_view host_root) {
  if (mount.directory == PathOnHost(host_root, "/sys/fs/cgroup")) return 0;
  return mount.directory == PathOnHost(host_root, "/sys/fs/cgroup/unified") ? 1 : 2;
}

struct Directory {
  std::string path;  // from the mount's directory: "" or "/system.slice"
  std::size_t depth = 0;
};

// Appends the directories in found[index] while there is room. A cgroup may vanish at any moment.
void AppendChildren(const std::string& mount, std::vector<Directory>& found, std::size_t index) {
  const Directory parent = found[index];  // a copy: `found` moves as it grows
  std::error_code failure;
  for (fs::directory_iterator entry(mount + parent.path, failure), end;
       !failure && entry != end && found.size() < kMaxDirectories; entry.increment(failure)) {
    // The listing itself tells the type. To ask for that of each file would be most of the work.
    std::error_code vanished;
    if (entry->is_symlink(vanished) || !entry->is_directory(vanished)) continue;
    found.push_back({parent.path + "/" + entry->path().filename().native(), parent.depth + 1});
  }
}

CgroupOwner OwnerFromPath(const std::string& path) {
  return {UnitFromCgroupPath(path), ContainerFromCgroupPath(path)};
}

// Walks level by level. So if the limit is reached, the innermost cgroups are missing and not half
// of the units. `known` are the cgroups of the walk before: the path of a cgroup never changes.
std::unordered_map<std::uint64_t, CgroupOwner> WalkCgroups(
    const CgroupMount& mount, const std::unordered_map<std::uint64_t, CgroupOwner>& known) {
  const std::string root = mount.root == "/" ? "" : mount.root;
  std::unordered_map<std::uint64_t, CgroupOwner> owners;
  owners.reserve(known.size());
  std::vector<Directory> directories = {{}};
  for (std::size_t i = 0; i < directories.size(); ++i) {
    struct stat status {};
    if (stat((mount.directory + directories[i].path).c_str(), &status) != 0) continue;
    const auto before = known.find(status.st_ino);
    owners.emplace(status.st_ino, before == known.end() ? OwnerFromPath(root + directories[i].path)
                                                        : before->second);
    // kernel: kernfs_refresh_inode(): two links and one per directory inside. So cgroups without
    // directories inside, which are most, need not be listed.
    const bool is_leaf = status.st_nlink == 2;
    if (is_leaf || directories[i].depth >= kMaxDepth) continue;
    if (directories[i].path.size() >= kMaxPathBytes) continue;
    AppendChildren(mount.directory, directories, i);
  }
  return owners;
}

}  // namespace

std::optional<CgroupMount> FindCgroupMount(std::string_view mountinfo, std::string_view host_root) {
  const std::string below = PathOnHost(host_root, "/");
  std::optional<CgroupMount> best;
  while (!mountinfo.empty()) {
    const std::size_t end = std::min(mountinfo.find('\n'), mountinfo.size());
    auto mount = ParseMount(mountinfo.substr(0, end));
    mountinfo.remove_prefix(std::min(end + 1, mountinfo.size()));
    if (!mount || !mount->directory.starts_with(below)) continue;
    if (!best || PreferenceOf(*mount, host_root) < PreferenceOf(*best, host_root))
      best = std::move(mount);
  }
  return best;
}

const CgroupOwner* CgroupNames::Find(std::uint64_t cgroup_id, MonotonicTime now) {
  if (cgroup_id <= kRootCgroup) return nullptr;
  if (const auto known = owners_.find(cgroup_id); known != owners_.end()) return &known->second;
  if (missing_.contains(cgroup_id)) return nullptr;
  if (asked_.size() < kMaxUnknownIds) asked_.insert(cgroup_id);
  if (next_scan_ && now < *next_scan_) return nullptr;
  Rescan();
  next_scan_ = now + std::max(min_rescan_, kPausePerCgroup * static_cast<long>(owners_.size()));
  const auto found = owners_.find(cgroup_id);
  return found == owners_.end() ? nullptr : &found->second;
}

void CgroupNames::Rescan() {
  const auto mountinfo = ReadTextFile(mountinfo_path_);
  const auto mount = mountinfo ? FindCgroupMount(*mountinfo, host_root_) : std::nullopt;
  if (!mount) return;
  auto owners = WalkCgroups(*mount, owners_);
  if (owners.empty()) return;  // not even the root can be seen, so the walk has failed
  owners_ = std::move(owners);
  // If ids are forgotten, that costs one more walk. To remember them for ever would cost memory.
  if (missing_.size() + asked_.size() > kMaxUnknownIds) missing_.clear();
  std::ranges::copy_if(asked_, std::inserter(missing_, missing_.end()),
                       [this](std::uint64_t id) { return !owners_.contains(id); });
  asked_.clear();
}

}  // namespace connwatch
