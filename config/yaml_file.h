// Reads a YAML file with a schema. All configuration files are read by this.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/config_error.h"
#include "config/value_reader.h"
#include "core/base/result.h"

namespace connwatch {

/// Returns the text of a configuration file of at most 1 MiB. Never waits for anything but a disk.
Result<std::string> ReadConfigText(const std::string& path);

/// Returns one mistake of `file` that has no position in the file.
std::vector<ConfigError> FileMistake(const std::string& file, std::string message);

/// Reads `text` with `schema`. `file` is only for messages. Returns the mistakes in the order of
/// the file. If there are none, the variables that the schema fills are complete.
std::vector<ConfigError> ReadYaml(std::string_view text, const std::string& file,
                                  const ValueReader& schema);

}  // namespace connwatch
