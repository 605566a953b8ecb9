// Reads the file of --web.config.file into a checked WebAccess. The format is that of the
// Prometheus exporter toolkit,
// https://github.com/prometheus/exporter-toolkit/blob/master/docs/web-configuration.md. Strict: a
// key that is not supported is refused by name, so that nobody relies on a protection that does not
// exist.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/config_error.h"
#include "core/web/web_access.h"

namespace connwatch {

/// What the file says, or every mistake found in it.
using WebFileResult = std::variant<WebAccess, std::vector<ConfigError>>;

/// Reads `path` and the PEM files it names, which are relative to its folder. It does not check the
/// content of the PEM files.
WebFileResult LoadWebFile(const std::string& path);

/// Parses `text`; `path` is for messages and for the folder.
WebFileResult ParseWebFile(std::string_view text, const std::string& path);

}  // namespace connwatch
