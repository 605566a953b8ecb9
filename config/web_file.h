// Reads the file of --web.config.file into a checked WebAccess. The format is that of the
// Prometheus exporter toolkit,
// https://github.com/prometheus/exporter-toolkit/blob/master/docs/web-configuration.md. Strict: a
// key that is not supported is refused by name, so that nobody relies on a protection that does not
// exist.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/config_error.h"
#include "core/base/result.h"
#include "core/web/web_access.h"

namespace connwatch {

/// What the file says, or every mistake found in it.
using WebFileResult = std::variant<WebAccess, std::vector<ConfigError>>;

/// Says whether a server can use what the file says, with the content of the PEM files. Called if
/// the file has no other mistake. Its error is reported at the key tls_server_config. An empty one
/// refuses nothing.
using WebCheck = std::function<Result<void>(const WebAccess&)>;

/// Reads `path` and the PEM files it names, which are relative to its folder.
WebFileResult LoadWebFile(const std::string& path, const WebCheck& check = {});

/// Parses `text`; `path` is for messages and for the folder.
WebFileResult ParseWebFile(std::string_view text, const std::string& path,
                           const WebCheck& check = {});

}  // namespace connwatch
