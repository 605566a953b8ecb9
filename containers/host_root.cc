#include "containers/host_root.h"

#include <filesystem>
#include <system_error>

#include "procfs/cgroup_names.h"
#include "procfs/text_file.h"

namespace connwatch {

std::optional<std::string> ProblemWithHostRoot(const std::string& host_root,
                                               const std::string& mountinfo) {
  if (host_root == "/") return std::nullopt;
  const std::string begin = "host_root: " + host_root + ": ";
  std::error_code failure;
  const auto status = std::filesystem::status(host_root, failure);
  if (failure) return begin + failure.message();
  if (!std::filesystem::is_directory(status)) return begin + "is no directory";
  const auto text = ReadTextFile(mountinfo);
  if (!text) return begin + text.error().context;
  if (!FindCgroupMount(*text, host_root)) return begin + "no cgroup v2 is mounted below it";
  return std::nullopt;
}

}  // namespace connwatch
