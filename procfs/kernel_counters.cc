#include "procfs/kernel_counters.h"

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include "procfs/text_file.h"

namespace connwatch {

namespace {

Result<std::string_view> GroupOf(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) {
    return Error{EBADMSG, "no group in line '" + std::string(line.substr(0, 40)) + "'"};
  }
  return line.substr(0, colon);
}

bool IsWanted(std::string_view group) {
  return std::ranges::find(kKernelCounterSources, group, &KernelCounterSource::group) !=
         kKernelCounterSources.end();
}

const KernelCounterSource* FindSource(std::string_view group, std::string_view column) {
  const auto* const found =
      std::ranges::find_if(kKernelCounterSources, [&](const KernelCounterSource& source) {
        return source.group == group && source.column == column;
      });
  return found == kKernelCounterSources.end() ? nullptr : found;
}

// `names` and `numbers` are what follows "Group:" on the two lines.
Result<void> ParseGroup(std::string_view group, std::string_view names, std::string_view numbers,
                        KernelCounters& counters) {
  const std::vector<std::string_view> columns = SplitFields(names);
  const std::vector<std::string_view> values = SplitFields(numbers);
  if (columns.size() != values.size()) {
    return Error{EBADMSG, std::to_string(columns.size()) + " names but " +
                              std::to_string(values.size()) + " numbers"};
  }
  for (std::size_t i = 0; i < columns.size(); ++i) {
    auto value = ParseCount(values[i]);
    if (!value) return std::move(value).error().Within(columns[i]);
    const KernelCounterSource* source = FindSource(group, columns[i]);
    if (source != nullptr && *value) counters[source->id] = *value;
  }
  return {};
}

}  // namespace

Result<void> ParseKernelCounters(std::string_view text, KernelCounters& counters) {
  auto lines = SplitLines(text);
  if (!lines) return std::move(lines).error();
  for (std::size_t i = 0; i < lines->size(); i += 2) {
    const std::string_view header = (*lines)[i];
    auto group = GroupOf(header);
    if (!group) return std::move(group).error();
    const std::string prefix = std::string(*group) + ":";
    if (i + 1 == lines->size() || !(*lines)[i + 1].starts_with(prefix)) {
      return Error{EBADMSG, prefix + " names without numbers"};
    }
    if (!IsWanted(*group)) continue;
    auto parsed = ParseGroup(*group, header.substr(prefix.size()),
                             (*lines)[i + 1].substr(prefix.size()), counters);
    if (!parsed) return std::move(parsed).error().Within(*group);
  }
  return {};
}

Result<KernelCounters> ReadKernelCounters(const std::string& proc_net_directory) {
  KernelCounters counters;
  for (const char* name : {"/snmp", "/netstat"}) {
    const std::string path = proc_net_directory + name;
    auto text = ReadTextFile(path);
    if (!text) return std::move(text).error();
    auto parsed = ParseKernelCounters(*text, counters);
    if (!parsed) return std::move(parsed).error().Within(path);
  }
  return counters;
}

}  // namespace connwatch
