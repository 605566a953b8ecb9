#include "daemon/config_use.h"

#include <utility>

namespace connwatch {

ConfigResult LoadEffectiveConfig(const Options& options) {
  ConfigResult result =
      options.config_file.empty() ? ConfigResult(Config{}) : LoadConfig(options.config_file);
  if (auto* config = std::get_if<Config>(&result)) {
    config->log.level = options.log_level.value_or(config->log.level);
    config->log.format = options.log_format.value_or(config->log.format);
  }
  return result;
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

}  // namespace connwatch
