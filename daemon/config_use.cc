#include "daemon/config_use.h"

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

AggregationOptions AggregationOptionsFrom(const Config& config) {
  return {.rtt_bounds = config.histograms.rtt};
}

ListenerBoardOptions ListenerBoardOptionsFrom(const Config& config) {
  return {.max_listeners = config.max_listeners,
          .peak_window = config.peak_window,
          .thresholds = config.diagnosis};
}

ClassifierOptions ClassifierOptionsFrom(const Config& config) {
  return {.groups = {.rules = config.groups,
                     .group_by = config.group_by,
                     .max_groups = config.max_groups},
          .exclude_loopback = config.exclude_loopback};
}

HttpLimits HttpLimitsFrom(const Config& config) {
  return {.max_connections = config.web.max_connections,
          .max_connections_per_address = config.web.max_connections_per_address,
          .timeout = config.web.timeout};
}

}  // namespace connwatch
