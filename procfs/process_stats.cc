#include "procfs/process_stats.h"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <sstream>
#include <string>
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

// 126 years. The sum of two such times fits into 64 bits of nanoseconds.
constexpr std::uint64_t kMaxSeconds = 4'000'000'000;

// nullopt for more than kMaxSeconds: nothing has run for so long.
std::optional<milliseconds> FromTicks(std::optional<std::uint64_t> ticks) {
  constexpr std::uint64_t kMillisPerSecond = 1000;
  const auto ticks_per_second = static_cast<std::uint64_t>(sysconf(_SC_CLK_TCK));
  if (!ticks || *ticks / ticks_per_second > kMaxSeconds) return std::nullopt;
  return milliseconds(*ticks * kMillisPerSecond / ticks_per_second);
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

std::optional<WallTime> ParseBootTime(std::string_view text) {
  constexpr std::string_view kKey = "btime ";
  const auto lines = SplitLines(text);
  if (!lines) return std::nullopt;
  for (const std::string_view line : *lines) {
    if (!line.starts_with(kKey)) continue;
    const auto boot_seconds = ParseUnsigned(line.substr(kKey.size()));
    if (!boot_seconds || *boot_seconds > kMaxSeconds) return std::nullopt;
    return WallTime(std::chrono::seconds(*boot_seconds));
  }
  return std::nullopt;
}

ProcessStats ParseProcessStat(std::string_view text, std::optional<WallTime> boot_time) {
  // The command name is in parentheses and may contain anything, even parentheses.
  const std::size_t name_end = text.rfind(") ");
  if (name_end == std::string_view::npos) return {};
  std::istringstream rest{std::string(text.substr(name_end + 2))};
  std::vector<std::optional<std::uint64_t>> fields;
  for (std::string field; rest >> field;) fields.push_back(ParseUnsigned(field));
  if (fields.size() <= kResidentPages) return {};

  ProcessStats stats;
  const auto user = FromTicks(fields[kUserTicks]);
  const auto system = FromTicks(fields[kSystemTicks]);
  if (user && system) stats.cpu = *user + *system;
  stats.threads = fields[kThreads];
  // Since the boot, by CLOCK_BOOTTIME.
  const auto since_boot = FromTicks(fields[kStartTicks]);
  if (boot_time && since_boot) {
    stats.started = Instant{MonotonicTime(*since_boot), *boot_time + *since_boot};
  }
  stats.virtual_bytes = fields[kVirtualBytes];
  const auto page_bytes = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  const auto pages = fields[kResidentPages];
  if (pages && *pages <= std::numeric_limits<std::uint64_t>::max() / page_bytes) {
    stats.resident_bytes = *pages * page_bytes;
  }
  return stats;
}

ProcessStats ReadProcessStats(const std::string& directory) {
  const auto text = ReadTextFile(directory + "/stat");
  const auto boot_text = ReadTextFile("/proc/stat");
  const auto boot_time = boot_text ? ParseBootTime(*boot_text) : std::nullopt;
  ProcessStats stats;
  if (text) stats = ParseProcessStat(*text, boot_time);
  stats.open_fds = CountFds(directory);
  stats.max_fds = ReadMaxFds();
  return stats;
}

}  // namespace connwatch
