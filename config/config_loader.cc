#include "config/config_loader.h"

#include <cstddef>
#include <utility>

#include "config/config_schema.h"
#include "config/regular_file.h"
#include "config/value_reader.h"
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

ConfigResult LoadConfig(const std::string& path) {
  const Result<std::string> text = ReadRegularFile(path, kMaxFileBytes);
  if (!text) return OneMistake(path, {}, text.error().context);
  return ParseConfig(*text, path);
}

ConfigResult ParseConfig(std::string_view text, const std::string& file) {
  std::variant<YamlNode, YamlMistake> parsed = ParseYaml(text);
  if (auto* mistake = std::get_if<YamlMistake>(&parsed)) {
    return OneMistake(file, mistake->position, std::move(mistake->message));
  }
  const auto& root = std::get<YamlNode>(parsed);
  if (root.kind == YamlNode::Kind::kNull) {
    return OneMistake(file, {}, "is empty, must hold a key; leave the file out for the defaults");
  }

  Config config;
  ConfigErrorList errors(file);
  ConfigSchema(config).read({root, {}, errors});
  if (!errors.empty()) return std::move(errors).TakeSorted();
  return config;
}

}  // namespace connwatch
