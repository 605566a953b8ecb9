// The schema of the key tls_server_config of the web configuration file.
#pragma once

#include <optional>
#include <string>

#include "config/value_reader.h"
#include "core/web/web_access.h"

namespace connwatch {

/// Also reads the PEM files that the key names. Their paths are relative to `folder`, which ends in
/// "/" or is empty.
ValueReader TlsServer(std::optional<TlsSettings>& tls, const std::string& folder);

}  // namespace connwatch
