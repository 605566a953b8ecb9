#include "procfs/process_stats.h"

#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "procfs/text_file.h"

namespace connwatch {

namespace {

using std::chrono::milliseconds;

// proc(5), /proc/[pid]/stat: indexes count from the field after the command name, which is number
// 3.
enum StatField : std::size_t {
  kUserTicks = 14 - 3,
  kSystemTicks = 15 - 3,
  kThreads = 20 - 3,
  kStartTicks = 22 - 3,
  kVirtualBytes = 23 - 3,
  kResidentPages = 24 - 3,
};

milliseconds FromTicks(std::uint64_t ticks) {
  constexpr std::uint64_t kMillisPerSecond = 1000;
  const auto ticks_per_second = static_cast<std::uint64_t>(sysconf(_SC_CLK_TCK));
  return milliseconds(ticks * kMillisPerSecond / ticks_per_second);
}

std::optional<WallTime> ReadBootTime() {
  std::ifstream file("/proc/stat");
  std::string line;
  constexpr std::string_view kKey = "btime ";
  while (std::getline(file, line)) {
    if (!line.starts_with(kKey)) continue;
    const auto boot_seconds = ParseUnsigned(line.substr(kKey.size()));
    if (boot_seconds)
      return std::chrono::system_clock::from_time_t(static_cast<std::time_t>(*boot_seconds));
  }
  return std::nullopt;
}

std::optional<std::uint64_t> CountFds(const std::string& directory) {
  std::error_code failure;
  std::uint64_t count = 0;
  for (std::filesystem::directory_iterator entry(directory + "/fd", failure), end;
       !failure && entry != end; entry.increment(failure)) {
    ++count;
  }
  if (failure || count == 0) return std::nullopt;
  return count - 1;  // without the descriptor of the listing itself
}

std::optional<std::uint64_t> ReadMaxFds() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::nullopt;
  return limit.rlim_cur;
}

}  // namespace

ProcessStats ParseProcessStat(std::string_view text, std::optional<WallTime> boot_time) {
  // The command name is in parentheses and may contain anything, even parentheses.
  const std::size_t name_end = text.rfind(") ");
  if (name_end == std::string_view::npos) return {};
  std::istringstream rest{std::string(text.substr(name_end + 2))};
  std::vector<std::optional<std::uint64_t>> fields;
  for (std::string field; rest >> field;) fields.push_back(ParseUnsigned(field));
  if (fields.size() <= kResidentPages) return {};

  ProcessStats stats;
  if (fields[kUserTicks] && fields[kSystemTicks]) {
    stats.cpu = FromTicks(*fields[kUserTicks] + *fields[kSystemTicks]);
  }
  stats.threads = fields[kThreads];
  // Since the boot, by CLOCK_BOOTTIME.
  if (boot_time && fields[kStartTicks]) {
    const milliseconds since_boot = FromTicks(*fields[kStartTicks]);
    stats.started = Instant{MonotonicTime(since_boot), *boot_time + since_boot};
  }
  stats.virtual_bytes = fields[kVirtualBytes];
  if (fields[kResidentPages]) {
    stats.resident_bytes =
        *fields[kResidentPages] * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  }
  return stats;
}

ProcessStats ReadProcessStats(const std::string& directory) {
  const auto text = ReadTextFile(directory + "/stat");
  ProcessStats stats;
  if (text) stats = ParseProcessStat(*text, ReadBootTime());
  stats.open_fds = CountFds(directory);
  stats.max_fds = ReadMaxFds();
  return stats;
}

}  // namespace connwatch
