#include "daemon/config_use.h"

#include <utility>

#include "config/yaml_file.h"
#include "daemon/process/host_names.h"

namespace connwatch {

namespace {

ConfigResult WithOverrides(ConfigResult result, const Options& options) {
  if (auto* config = std::get_if<Config>(&result)) {
    config->log.level = options.log_level.value_or(config->log.level);
    config->log.format = options.log_format.value_or(config->log.format);
  }
  return result;
}

}  // namespace

ConfigResult LoadEffectiveConfig(const Options& options) {
  const std::string& file = options.config_file;
  return WithOverrides(file.empty() ? Config{} : LoadConfig(file), options);
}

const ConfigResult& ConfigReader::Load() {
  const std::string& file = options_.config_file;
  if (file.empty()) {
    result_ = LoadEffectiveConfig(options_);
    return result_;
  }
  Result<std::string> text = ReadConfigText(file);
  if (!text) {
    text_.reset();
    result_ = FileMistake(file, text.error().context);
  } else if (text_ != *text) {
    text_ = *std::move(text);
    result_ = WithOverrides(ParseConfig(*text_, file), options_);
  }
  return result_;
}

std::variant<Settings, std::vector<ConfigError>> LoadSettings(const Options& options) {
  ConfigResult config = LoadEffectiveConfig(options);
  WebPolicyResult web = LoadWebPolicy(options);
  std::vector<ConfigError> errors;
  for (auto* found : {std::get_if<std::vector<ConfigError>>(&config),
                      std::get_if<std::vector<ConfigError>>(&web)}) {
    if (found != nullptr) errors.insert(errors.end(), found->begin(), found->end());
  }
  if (!errors.empty()) return errors;
  return Settings{std::get<Config>(std::move(config)),
                  std::get<std::shared_ptr<const WebPolicy>>(std::move(web))};
}

HttpLimits HttpLimitsFrom(const Config& config) {
  return {.max_connections = config.web.max_connections,
          .max_connections_per_address = config.web.max_connections_per_address,
          .timeout = config.web.timeout};
}

HostNames HostNamesFrom(const Config& config) {
  HostNames names = NamesOfThisHost();
  names.insert(names.end(), config.web.host_names.begin(), config.web.host_names.end());
  return names;
}

}  // namespace connwatch
