#include "daemon/config_use.h"

#include <algorithm>
#include <utility>

#include "config/http_url.h"
#include "config/yaml_file.h"
#include "core/alerts/alert_receiver.h"
#include "core/alerts/alert_template.h"
#include "daemon/process/host_names.h"
#include "procfs/host_identity.h"

namespace connwatch {

namespace {

std::string WithPort(const std::string& host, const std::string& port) {
  return port.empty() ? host : host + ":" + port;
}

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

OwnAddress OwnAddressFrom(const Config& config, const std::vector<ListeningSocket>& sockets,
                          bool is_https) {
  OwnAddress address{.host = HostName(), .port = {}, .external_url = config.web.external_url};
  const auto with_port = std::ranges::find_if(
      sockets, [](const ListeningSocket& socket) { return socket.port() != 0; });
  if (with_port != sockets.end()) address.port = std::to_string(with_port->port());
  if (address.external_url.empty()) {
    // An Alertmanager refuses an alert whose URL is none, and the kernel permits any name.
    const std::string host = ParseHostName(address.host) ? address.host : "localhost";
    address.external_url = (is_https ? "https://" : "http://") + WithPort(host, address.port);
  }
  return address;
}

AlertOrigin AlertOriginFrom(const Config& config, const OwnAddress& address) {
  AlertOrigin origin{.labels = config.alert_labels,
                     .external_url = address.external_url,
                     .runbook_url = config.runbook_url};
  const auto value_of = [&address](std::string_view word) {
    return word == "host" ? address.host : address.port;
  };
  for (auto& [name, value] : origin.labels) value = FillTemplate(value, value_of, kOwnLabelWords);
  origin.labels.emplace("job", "connwatch");
  origin.labels.emplace("instance", WithPort(address.host, address.port));
  if (origin.runbook_url.empty()) {
    origin.runbook_url = address.external_url + "/runbook#{{alertname}}";
  }
  return origin;
}

HttpLimits HttpLimitsFrom(const Config& config) {
  return {.max_connections = config.web.max_connections,
          .max_connections_per_address = config.web.max_connections_per_address,
          .timeout = config.web.timeout};
}

HostNames HostNamesFrom(const Config& config) {
  HostNames names = NamesOfThisHost();
  names.insert(names.end(), config.web.host_names.begin(), config.web.host_names.end());
  if (const auto url = ParseHttpUrl(config.web.external_url)) {
    names.push_back(url->authority.substr(0, url->authority.rfind(':')));
  }
  return names;
}

}  // namespace connwatch
