// Turns the configuration into what the parts take: applies the overrides of the command line, and
// fills the parts' own option structs, which know nothing of YAML.
#pragma once

#include <memory>
#include <variant>
#include <vector>

#include "config/config_loader.h"
#include "daemon/process/options.h"
#include "daemon/web/web_front.h"
#include "exporters/server/http_server.h"

namespace connwatch {

/// Returns the configuration of the file that the options name, or the defaults if they name none,
/// with the flags' overrides applied.
ConfigResult LoadEffectiveConfig(const Options& options);

/// What the configuration files say.
struct Settings {
  Config config;
  std::shared_ptr<const WebPolicy> web;
};

/// Returns the same together with what --web.config.file says, or the mistakes in both files.
std::variant<Settings, std::vector<ConfigError>> LoadSettings(const Options& options);

HttpLimits HttpLimitsFrom(const Config& config);

}  // namespace connwatch
