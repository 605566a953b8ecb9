#include "config/config_loader.h"

#include <utility>

#include "config/config_schema.h"
#include "config/yaml_file.h"

namespace connwatch {

ConfigResult LoadConfig(const std::string& path) {
  const Result<std::string> text = ReadConfigText(path);
  if (!text) return FileMistake(path, text.error().context);
  return ParseConfig(*text, path);
}

ConfigResult ParseConfig(std::string_view text, const std::string& file) {
  Config config;
  std::vector<ConfigError> errors = ReadYaml(text, file, ConfigSchema(config));
  if (!errors.empty()) return errors;
  return config;
}

}  // namespace connwatch
