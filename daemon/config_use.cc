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

HandshakeOptions HandshakeOptionsFrom(const Config& config, const KernelLimits& limits) {
  // Kernels without the setting double the time-out from the first retransmission on.
  return {.max_groups = config.max_groups,
          .linear_timeouts = static_cast<unsigned>(limits.syn_linear_timeouts.value_or(0))};
}

HttpLimits HttpLimitsFrom(const Config& config) {
  return {.max_connections = config.web.max_connections,
          .max_connections_per_address = config.web.max_connections_per_address,
          .timeout = config.web.timeout};
}

}  // namespace connwatch
