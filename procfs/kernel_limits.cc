#include "procfs/kernel_limits.h"

#include <unistd.h>

#include <cerrno>
#include <limits>
#include <utility>
#include <vector>

#include "core/base/port_set.h"
#include "procfs/text_file.h"

namespace connwatch {

namespace {

Error Malformed(std::string_view text) {
  constexpr std::size_t kShown = 40;
  return Error{EBADMSG, "cannot understand '" + std::string(text.substr(0, kShown)) + "'"};
}

// Returns the only line of a file. `text` must be the whole file.
Result<std::string_view> OnlyLine(std::string_view text) {
  auto lines = SplitLines(text);
  if (!lines) return std::move(lines).error();
  if (lines->size() != 1) return Error{EBADMSG, std::to_string(lines->size()) + " lines"};
  return lines->front();
}

std::optional<std::uint16_t> ParsePort(std::string_view text) {
  const auto value = ParseUnsigned(text);
  if (!value || *value > std::numeric_limits<std::uint16_t>::max()) return std::nullopt;
  return static_cast<std::uint16_t>(*value);
}

std::optional<PortRange> RangeBetween(std::string_view first_text, std::string_view last_text) {
  const auto first = ParsePort(first_text);
  const auto last = ParsePort(last_text);
  if (!first || !last || *first > *last) return std::nullopt;
  return PortRange{*first, *last};
}

// "8080" or "9000-9005"
std::optional<PortRange> ParseRangeItem(std::string_view item) {
  const std::size_t dash = item.find('-');
  if (dash == std::string_view::npos) return RangeBetween(item, item);
  return RangeBetween(item.substr(0, dash), item.substr(dash + 1));
}

// nullopt if there is no such file.
Result<std::optional<std::string>> ReadIfPresent(const std::string& path) {
  auto text = ReadTextFile(path);
  if (!text && text.error().code == ENOENT) return std::optional<std::string>();
  if (!text) return std::move(text).error();
  return std::optional(*std::move(text));
}

Result<std::optional<std::uint64_t>> ReadLimit(const std::string& path, FieldPlace place) {
  auto text = ReadIfPresent(path);
  if (!text) return std::move(text).error();
  if (!*text) return std::optional<std::uint64_t>();
  auto limit = ParseLimit(**text, place);
  if (!limit) return std::move(limit).error().Within(path);
  return limit;
}

Result<void> ReadPorts(const std::string& directory, KernelLimits& limits) {
  const std::string range_path = directory + "/ip_local_port_range";
  auto range_text = ReadTextFile(range_path);
  if (!range_text) return std::move(range_text).error();
  auto range = ParsePortRange(*range_text);
  if (!range) return std::move(range).error().Within(range_path);

  const std::string reserved_path = directory + "/ip_local_reserved_ports";
  auto reserved_text = ReadIfPresent(reserved_path);
  if (!reserved_text) return std::move(reserved_text).error();
  auto reserved = ParsePortRanges(reserved_text->value_or("\n"));
  if (!reserved) return std::move(reserved).error().Within(reserved_path);

  limits.ephemeral_ports = *range;
  limits.ephemeral_ports_available = PortsOf(*range, *reserved).count();
  limits.reserved_ports = *std::move(reserved);
  return {};
}

struct LimitFile {
  const char* name = nullptr;
  FieldPlace place;
  std::optional<std::uint64_t> KernelLimits::*member = nullptr;
};

constexpr LimitFile kLimitFiles[] = {
    {"/tcp_max_tw_buckets", {}, &KernelLimits::time_wait_limit},
    {"/tcp_max_orphans", {}, &KernelLimits::orphan_limit},
    {"/tcp_mem", {.number = 2, .of = 3}, &KernelLimits::memory_pages_pressure},
    {"/tcp_mem", {.number = 3, .of = 3}, &KernelLimits::memory_pages_limit},
    {"/tcp_syn_linear_timeouts", {}, &KernelLimits::syn_linear_timeouts},
};

}  // namespace

Result<std::optional<std::uint64_t>> ParseLimit(std::string_view text, FieldPlace place) {
  auto line = OnlyLine(text);
  if (!line) return std::move(line).error();
  const std::vector<std::string_view> fields = SplitFields(*line);
  if (fields.size() != place.of) return Malformed(*line);
  return ParseCount(fields.at(place.number - 1));
}

Result<PortRange> ParsePortRange(std::string_view text) {
  auto line = OnlyLine(text);
  if (!line) return std::move(line).error();
  const std::vector<std::string_view> fields = SplitFields(*line);
  if (fields.size() != 2) return Malformed(*line);
  const auto range = RangeBetween(fields[0], fields[1]);
  if (!range) return Malformed(*line);
  return *range;
}

Result<std::vector<PortRange>> ParsePortRanges(std::string_view text) {
  auto line = OnlyLine(text);
  if (!line) return std::move(line).error();
  std::vector<PortRange> ranges;
  std::string_view rest = *line;
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    const std::string_view item = rest.substr(0, comma);
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
    const auto range = ParseRangeItem(item);
    if (!range) return Malformed(item);
    ranges.push_back(*range);
  }
  return ranges;
}

Result<KernelLimits> ReadKernelLimits(const std::string& directory) {
  KernelLimits limits;
  limits.page_bytes = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  auto ports = ReadPorts(directory, limits);
  if (!ports) return std::move(ports).error();
  for (const LimitFile& file : kLimitFiles) {
    auto limit = ReadLimit(directory + file.name, file.place);
    if (!limit) return std::move(limit).error();
    limits.*file.member = *limit;
  }
  return limits;
}

}  // namespace connwatch
