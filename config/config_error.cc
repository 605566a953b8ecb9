#include "config/config_error.h"

#include <algorithm>
#include <utility>

#include "config/printable.h"

namespace connwatch {

std::string ConfigError::ToString() const {
  std::string text = file;
  if (line > 0) text += ":" + std::to_string(line) + ":" + std::to_string(column);
  if (!key_path.empty()) text += ": " + key_path;
  return OneLine(text + ": " + message);
}

std::string Joined(const std::vector<ConfigError>& errors) {
  std::string text;
  for (const ConfigError& error : errors) text += (text.empty() ? "" : "\n") + error.ToString();
  return text;
}

void ConfigErrorList::Add(TextPosition position, std::string key_path, std::string message) {
  if (full()) return;
  errors_.push_back(
      {file_, position.line, position.column, std::move(key_path), std::move(message)});
}

std::vector<ConfigError> ConfigErrorList::TakeSorted() && {
  std::stable_sort(errors_.begin(), errors_.end(), [](const ConfigError& a, const ConfigError& b) {
    return std::pair(a.line, a.column) < std::pair(b.line, b.column);
  });
  return std::move(errors_);
}

}  // namespace connwatch
