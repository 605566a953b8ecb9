// Turns the configuration into what the parts take: applies the overrides of the command line, and
// fills the parts' own option structs, which know nothing of YAML.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "config/config_loader.h"
#include "daemon/process/options.h"
#include "daemon/web/web_front.h"
#include "exporters/notify/alert_labels.h"
#include "exporters/server/http_server.h"

namespace connwatch {

/// Returns the configuration of the file that the options name, or the defaults if they name none,
/// with the flags' overrides applied.
ConfigResult LoadEffectiveConfig(const Options& options);

/// Loads the same again and again, for reloads. Parses the file only if its text is not that of the
/// time before: to parse a long file takes longer than a poll.
class ConfigReader {
 public:
  /// `options` must outlive the reader.
  explicit ConfigReader(const Options& options) : options_(options) {}

  /// See LoadEffectiveConfig. Valid until the next call.
  const ConfigResult& Load();

 private:
  const Options& options_;
  std::optional<std::string> text_;  // absent if there is no file, or it could not be read
  ConfigResult result_;
};

/// What the configuration files say.
struct Settings {
  Config config;
  std::shared_ptr<const WebPolicy> web;
};

/// Returns the same together with what --web.config.file says, or the mistakes in both files.
std::variant<Settings, std::vector<ConfigError>> LoadSettings(const Options& options);

/// Where Prometheus and people reach this daemon.
struct OwnAddress {
  std::string host;
  std::string port;  // empty if the daemon listens on unix sockets only
  /// Of the status page, without a / at its end.
  std::string external_url;
};

/// Returns the address of the first of `sockets` that has a port, and web.external_url if it is
/// given.
OwnAddress OwnAddressFrom(const Config& config, const std::vector<ListeningSocket>& sockets,
                          bool is_https);

/// Returns what the alerts of the daemon at `address` have in common. The labels `job` and
/// `instance` are those that Prometheus gives by default, unless the configuration has others.
AlertOrigin AlertOriginFrom(const Config& config, const OwnAddress& address);

HttpLimits HttpLimitsFrom(const Config& config);

/// Returns the names that this host may be asked by: its own, and those of the configuration, among
/// them the host of web.external_url.
HostNames HostNamesFrom(const Config& config);

}  // namespace connwatch
