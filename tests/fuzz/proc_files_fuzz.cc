// Any bytes as each text file of proc(5) that is read: what is found is consistent and within its
// range.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "procfs/conntrack.h"
#include "procfs/kernel_counters.h"
#include "procfs/kernel_limits.h"
#include "procfs/process_stats.h"
#include "procfs/socket_stats.h"
#include "procfs/text_file.h"
#include "tests/fuzz/require.h"

namespace {

using connwatch::PortRange;
using connwatch::Require;

void CheckLines(std::string_view text) {
  const auto lines = connwatch::SplitLines(text);
  Require(lines.ok() == (text.empty() || text.ends_with('\n')));
  if (!lines) return;
  std::string joined;
  for (const std::string_view line : *lines) {
    joined.append(line).append("\n");
    for (const std::string_view field : connwatch::SplitFields(line)) {
      Require(!field.empty() && field.find_first_of(" \t\n") == std::string_view::npos);
      const auto number = connwatch::ParseUnsigned(field);
      const bool is_number = field.find_first_not_of("0123456789") == std::string_view::npos;
      Require(!number || is_number);
      Require(!number || connwatch::ParseUnsigned(std::to_string(*number)) == number);
    }
  }
  Require(joined == text);
}

// The last of two parts of the same text decides, so reading it twice is as reading it once.
void CheckCounters(std::string_view text) {
  connwatch::KernelCounters once;
  if (!connwatch::ParseKernelCounters(text, once)) return;
  connwatch::KernelCounters twice = once;
  Require(connwatch::ParseKernelCounters(std::string(text) + std::string(text), twice).ok());
  Require(once.values == twice.values);
}

void CheckSockets(std::string_view text) {
  connwatch::SocketStats once;
  if (!connwatch::ParseSocketStats(text, once)) return;
  connwatch::SocketStats twice;
  Require(connwatch::ParseSocketStats(std::string(text) + std::string(text), twice).ok());
  Require(once.tcp_in_use == twice.tcp_in_use && once.tcp6_in_use == twice.tcp6_in_use &&
          once.orphans == twice.orphans && once.time_wait == twice.time_wait &&
          once.allocated == twice.allocated && once.memory_pages == twice.memory_pages);
}

std::string Written(PortRange range, char separator) {
  return std::to_string(range.first) + separator + std::to_string(range.last);
}

void CheckLimits(std::string_view text) {
  const auto limit = connwatch::ParseLimit(text);
  if (limit && *limit)
    Require(connwatch::ParseLimit("1 " + std::to_string(**limit) + " 3\n", {.number = 2, .of = 3})
                .value() == *limit);
  if (const auto range = connwatch::ParsePortRange(text)) {
    Require(range->first <= range->last);
    const auto again = connwatch::ParsePortRange(Written(*range, '\t') + "\n");
    Require(again && *again == *range);
  }
  const auto ranges = connwatch::ParsePortRanges(text);
  if (!ranges) return;
  std::string list;
  for (const PortRange range : *ranges) {
    Require(range.first <= range.last);
    list += (list.empty() ? "" : ",") + Written(range, '-');
  }
  const auto again = connwatch::ParsePortRanges(list + "\n");
  Require(again && *again == *ranges);
}

// Text of another form sets nothing.
void CheckConntrack(std::string_view text) {
  connwatch::ConntrackStats stats;
  const bool is_good = connwatch::ParseConntrackCounters(text, stats).ok();
  if (!is_good) Require(stats == connwatch::ConntrackStats());
  Require(!stats.entries && !stats.entries_limit);
}

void CheckProcess(std::string_view text) {
  const auto boot = connwatch::ParseBootTime(text);
  const auto latest = connwatch::ParseBootTime("btime 4000000000\n");
  Require(latest.has_value());
  for (const auto& boot_time : {boot, latest}) {
    const auto stats = connwatch::ParseProcessStat(text, boot_time);
    Require(!stats.cpu || stats.cpu->count() >= 0);
    if (!stats.started) continue;
    Require(boot_time && stats.started->wall >= *boot_time);
    Require(stats.started->wall - *boot_time == stats.started->monotonic.time_since_epoch());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string text(bytes, bytes + size);
  CheckLines(text);
  CheckCounters(text);
  CheckSockets(text);
  CheckLimits(text);
  CheckConntrack(text);
  CheckProcess(text);
  return 0;
}
