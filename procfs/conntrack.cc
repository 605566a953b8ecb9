#include "procfs/conntrack.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "procfs/kernel_limits.h"
#include "procfs/text_file.h"

namespace connwatch {

namespace {

using Number = std::optional<std::uint64_t>;

struct Column {
  std::string_view name;
  Number ConntrackStats::*member;
};

constexpr std::array kColumns = std::to_array<Column>({
    {"insert_failed", &ConntrackStats::insert_failed},
    {"drop", &ConntrackStats::drop},
    {"early_drop", &ConntrackStats::early_drop},
});

Number ParseHexadecimal(std::string_view text) {
  constexpr int kBase = 16;
  std::uint64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value, kBase);
  if (failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// nullopt if one of the lines has no number there.
Number SumOf(std::span<const std::string_view> lines, std::size_t column) {
  std::uint64_t sum = 0;
  for (const std::string_view line : lines) {
    const std::vector<std::string_view> fields = SplitFields(line);
    if (column >= fields.size()) return std::nullopt;
    const Number value = ParseHexadecimal(fields[column]);
    if (!value) return std::nullopt;
    sum += *value;
  }
  return sum;
}

Result<void> ReadLimitIfPresent(const std::string& path, Number& to) {
  const auto text = ReadTextFile(path);
  if (!text && text.error().code == ENOENT) return {};
  if (!text) return text.error();
  auto number = ParseLimit(*text);
  if (!number) return std::move(number).error().Within(path);
  to = *number;
  return {};
}

}  // namespace

Result<void> ParseConntrackCounters(std::string_view text, ConntrackStats& stats) {
  const auto lines = SplitLines(text);
  if (!lines) return lines.error();
  if (lines->size() < 2) return Error{EBADMSG, "no line of a CPU"};
  const std::vector<std::string_view> names = SplitFields(lines->front());
  ConntrackStats read = stats;
  for (const Column& column : kColumns) {
    const auto found = std::ranges::find(names, column.name);
    if (found == names.end()) continue;
    const auto place = static_cast<std::size_t>(found - names.begin());
    read.*column.member = SumOf(std::span(*lines).subspan(1), place);
    if (!(read.*column.member)) {
      return Error{EBADMSG, "a CPU has no number for " + std::string(column.name)};
    }
  }
  stats = read;
  return {};
}

Result<ConntrackStats> ReadConntrack(const std::string& proc_directory) {
  ConntrackStats stats;
  const std::string settings = proc_directory + "/sys/net/netfilter/nf_conntrack_";
  if (auto read = ReadLimitIfPresent(settings + "count", stats.entries); !read) {
    return std::move(read).error();
  }
  if (auto read = ReadLimitIfPresent(settings + "max", stats.entries_limit); !read) {
    return std::move(read).error();
  }
  const std::string path = proc_directory + "/net/stat/nf_conntrack";
  const auto text = ReadTextFile(path);
  if (!text && text.error().code == ENOENT) return stats;
  if (!text) return text.error();
  auto parsed = ParseConntrackCounters(*text, stats);
  if (!parsed) return std::move(parsed).error().Within(path);
  return stats;
}

}  // namespace connwatch
