#include "bench/number_flags.h"

#include <algorithm>
#include <charconv>
#include <string>

namespace connwatch::bench {

namespace {

Result<void> SetFlag(const NumberFlag& flag, std::string_view text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  if (parsed.ec != std::errc{} || parsed.ptr != end || number < flag.min || number > flag.max) {
    return Error{0, std::string(flag.name) + ": want a number from " + std::to_string(flag.min) +
                        " to " + std::to_string(flag.max) + ", not '" + std::string(text) + "'"};
  }
  flag.value = number;
  return {};
}

}  // namespace

Result<void> ReadNumberFlags(std::span<char* const> arguments,
                             std::initializer_list<NumberFlag> flags) {
  for (; !arguments.empty(); arguments = arguments.subspan(2)) {
    const std::string_view name = arguments[0];
    const auto* const flag =
        std::find_if(flags.begin(), flags.end(),
                     [name](const NumberFlag& candidate) { return candidate.name == name; });
    if (flag == flags.end()) return Error{0, "unknown flag '" + std::string(name) + "'"};
    if (arguments.size() < 2) return Error{0, std::string(name) + ": value missing"};
    if (auto set = SetFlag(*flag, arguments[1]); !set) return set;
  }
  return {};
}

}  // namespace connwatch::bench
