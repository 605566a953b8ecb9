// YAML text -> checked Config. Strict: what is not understood is an error, never ignored.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/config.h"

namespace connwatch {

/// One mistake in a configuration file.
struct ConfigError {
  std::string file;
  int line = 0;          // from 1; 0 where the mistake is the file's own (unreadable, too large)
  int column = 0;        // from 1; 0 likewise
  std::string key_path;  // "poll.full", "histograms.rtt[3]"; empty at the top level
  std::string message;   // what is wrong, what would be right

  /// "file:line:column: key.path: message" on one line; absent parts are left out.
  std::string ToString() const;
};

/// Either a configuration or every mistake found, in the order of the file.
using ConfigResult = std::variant<Config, std::vector<ConfigError>>;

/// Reads and parses `path`. Bounded: files over 1 MiB, nesting over 32 levels and more than 20
/// mistakes are cut off; aliases are refused.
ConfigResult LoadConfig(const std::string& path);

/// Parses `text`; `file` is only for messages.
ConfigResult ParseConfig(std::string_view text, const std::string& file);

}  // namespace connwatch
