// The schema of the key tls_server_config of the web configuration file.
#pragma once

#include <optional>
#include <string>

#include "config/value_reader.h"
#include "core/web/web_access.h"

namespace connwatch {

/// Reads the PEM files it names, relative to `folder`, which ends in "/" or is empty.
ValueReader TlsServer(std::optional<TlsSettings>& tls, const std::string& folder);

}  // namespace connwatch
