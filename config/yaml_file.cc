#include "config/yaml_file.h"

#include <cstddef>
#include <utility>
#include <variant>

#include "config/regular_file.h"
#include "config/yaml_tree.h"

namespace connwatch {

namespace {

constexpr std::size_t kMaxFileBytes = 1 << 20;

std::vector<ConfigError> OneMistake(const std::string& file, TextPosition position,
                                    std::string message) {
  ConfigErrorList errors(file);
  errors.Add(position, {}, std::move(message));
  return std::move(errors).TakeSorted();
}

}  // namespace

Result<std::string> ReadConfigText(const std::string& path) {
  return ReadRegularFile(path, kMaxFileBytes);
}

std::vector<ConfigError> FileMistake(const std::string& file, std::string message) {
  return OneMistake(file, {}, std::move(message));
}

std::vector<ConfigError> ReadYaml(std::string_view text, const std::string& file,
                                  const ValueReader& schema) {
  std::variant<YamlNode, YamlMistake> parsed = ParseYaml(text);
  if (auto* mistake = std::get_if<YamlMistake>(&parsed)) {
    return OneMistake(file, mistake->position, std::move(mistake->message));
  }
  ConfigErrorList errors(file);
  schema.read({std::get<YamlNode>(parsed), {}, errors});
  return std::move(errors).TakeSorted();
}

}  // namespace connwatch
