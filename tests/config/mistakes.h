// The mistakes that the loader finds, as a person reads them.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/config_loader.h"

namespace connwatch {

inline std::vector<std::string> Lines(const ConfigResult& result) {
  std::vector<std::string> lines;
  if (const auto* errors = std::get_if<std::vector<ConfigError>>(&result)) {
    for (const ConfigError& error : *errors) lines.push_back(error.ToString());
  }
  return lines;
}

/// In `text` as a file named "f".
inline std::vector<std::string> Mistakes(std::string_view text) {
  return Lines(ParseConfig(text, "f"));
}

}  // namespace connwatch
