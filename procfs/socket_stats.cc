#include "procfs/socket_stats.h"

#include <array>
#include <cerrno>
#include <utility>
#include <vector>

#include "procfs/text_file.h"

namespace connwatch {

namespace {

struct Source {
  std::string_view line;
  std::string_view key;
  std::optional<std::uint64_t> SocketStats::*member;
};

constexpr std::array kSources = std::to_array<Source>({
    {"TCP:", "inuse", &SocketStats::tcp_in_use},
    {"TCP:", "orphan", &SocketStats::orphans},
    {"TCP:", "tw", &SocketStats::time_wait},
    {"TCP:", "alloc", &SocketStats::allocated},
    {"TCP:", "mem", &SocketStats::memory_pages},
    {"TCP6:", "inuse", &SocketStats::tcp6_in_use},
});

// `fields` has the line's name, then keys and values in turn.
Result<void> ParseLine(const std::vector<std::string_view>& fields, SocketStats& stats) {
  if (fields.size() % 2 == 0) return Error{EBADMSG, "a name without a number"};
  for (std::size_t i = 1; i < fields.size(); i += 2) {
    auto value = ParseCount(fields[i + 1]);
    if (!value) return std::move(value).error().Within(fields[i]);
    for (const Source& source : kSources) {
      if (source.line == fields[0] && source.key == fields[i]) stats.*source.member = *value;
    }
  }
  return {};
}

}  // namespace

Result<void> ParseSocketStats(std::string_view text, SocketStats& stats) {
  auto lines = SplitLines(text);
  if (!lines) return std::move(lines).error();
  for (const std::string_view line : *lines) {
    const std::vector<std::string_view> fields = SplitFields(line);
    if (fields.empty() || (fields[0] != "TCP:" && fields[0] != "TCP6:")) continue;
    auto parsed = ParseLine(fields, stats);
    if (!parsed) return std::move(parsed).error().Within(fields[0].substr(0, fields[0].size() - 1));
  }
  return {};
}

Result<SocketStats> ReadSocketStats(const std::string& proc_net_directory) {
  SocketStats stats;
  for (const std::string name : {"/sockstat", "/sockstat6"}) {
    const std::string path = proc_net_directory + name;
    auto text = ReadTextFile(path);
    if (!text && text.error().code == ENOENT && name == "/sockstat6") continue;
    if (!text) return std::move(text).error();
    auto parsed = ParseSocketStats(*text, stats);
    if (!parsed) return std::move(parsed).error().Within(path);
  }
  return stats;
}

}  // namespace connwatch
