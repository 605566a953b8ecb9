// Reads the text files of proc(5): whole files, lines, fields and numbers. All readers of this
// folder use it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace connwatch {

/// Returns the whole file, or an Error that names it. EFBIG if it has more than 16 MiB.
Result<std::string> ReadTextFile(const std::string& path);

/// Returns the lines of `text`, pointing into it. EBADMSG if the last line does not end, because
/// then the text was cut.
Result<std::vector<std::string_view>> SplitLines(std::string_view text);

/// Returns the fields between spaces and tabs, pointing into `line`.
std::vector<std::string_view> SplitFields(std::string_view line);

/// The decimal number that `text` consists of.
std::optional<std::uint64_t> ParseUnsigned(std::string_view text);

/// The same for a column that may have a negative number, which means "not limited" or "not known".
/// For a negative number, the value is absent. EBADMSG if `text` is no number.
Result<std::optional<std::uint64_t>> ParseCount(std::string_view text);

}  // namespace connwatch
