// From the configuration to what the parts take: the command line's overrides, and the parts' own
// option structs, which know nothing of YAML.
#pragma once

#include <memory>
#include <variant>
#include <vector>

#include "config/config_loader.h"
#include "daemon/process/options.h"
#include "daemon/web/web_front.h"
#include "exporters/server/http_server.h"

namespace connwatch {

/// The configuration file that the options name, or the defaults where they name none, with the
/// flags' overrides applied.
ConfigResult LoadEffectiveConfig(const Options& options);

/// What the configuration files say.
struct Settings {
  Config config;
  std::shared_ptr<const WebPolicy> web;
};

/// Likewise, with what --web.config.file says, or the mistakes in both files.
std::variant<Settings, std::vector<ConfigError>> LoadSettings(const Options& options);

HttpLimits HttpLimitsFrom(const Config& config);

}  // namespace connwatch
