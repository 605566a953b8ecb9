// Turns YAML text into a checked Config: parses it into a tree of YamlNodes, and reads the tree
// with ConfigSchema. Strict: whatever is not understood is an error, and never ignored.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/config.h"
#include "config/config_error.h"

namespace connwatch {

/// Either a configuration or every mistake found, in the order of the file. A file that is not YAML
/// has one mistake, the first.
using ConfigResult = std::variant<Config, std::vector<ConfigError>>;

/// Reads and parses `path`. Bounded: files over 1 MiB and nesting over 32 levels are refused, so
/// are aliases, and only the first 20 mistakes are kept. Never waits for anything but a disk.
ConfigResult LoadConfig(const std::string& path);

/// Parses `text`; `file` is only for messages.
ConfigResult ParseConfig(std::string_view text, const std::string& file);

}  // namespace connwatch
