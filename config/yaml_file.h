// A YAML file, read by a schema: the way that every configuration file takes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/config_error.h"
#include "config/value_reader.h"
#include "core/base/result.h"

namespace connwatch {

/// The text of a configuration file, at most 1 MiB. Never waits for anything but a disk.
Result<std::string> ReadConfigText(const std::string& path);

/// The only mistake of `file`, one that has no place in it.
std::vector<ConfigError> FileMistake(const std::string& file, std::string message);

/// Reads `text` by `schema`; `file` is only for messages. Returns the mistakes in the order of the
/// file; without one what the schema fills is complete.
std::vector<ConfigError> ReadYaml(std::string_view text, const std::string& file,
                                  const ValueReader& schema);

}  // namespace connwatch
