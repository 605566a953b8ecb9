// The text files of proc(5): whole files, lines, fields and numbers. Shared by the readers here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace connwatch {

/// The whole file, or an Error naming it. At most 16 MiB, else EFBIG.
Result<std::string> ReadTextFile(const std::string& path);

/// The lines of `text`, pointing into it. EBADMSG where the last one does not end: it was cut.
Result<std::vector<std::string_view>> SplitLines(std::string_view text);

/// What stands between spaces and tabs, pointing into `line`.
std::vector<std::string_view> SplitFields(std::string_view line);

/// The decimal number that `text` consists of.
std::optional<std::uint64_t> ParseUnsigned(std::string_view text);

/// The same for a column that may hold a negative number, which stands for "not limited" or "not
/// known": then the value is absent. EBADMSG for what is not a number.
Result<std::optional<std::uint64_t>> ParseCount(std::string_view text);

}  // namespace connwatch
