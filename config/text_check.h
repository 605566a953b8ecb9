// Checks the text of a configuration before yaml-cpp sees it.
#pragma once

#include <optional>
#include <string_view>

#include "config/yaml_tree.h"

namespace connwatch {

/// Returns the first thing in `text` that yaml-cpp 0.7 must not see, or nullopt. yaml-cpp takes the
/// control character 0x04 for the end of the file, passes invalid UTF-8 on, skips directives that
/// it does not know, and needs 230 bytes of memory for every bracket of a list that is never
/// closed.
std::optional<YamlMistake> FindUnacceptableText(std::string_view text);

}  // namespace connwatch
