// Turns TlsSettings into GnuTLS's priority string: protocol versions, cipher suites and curves.
// https://gnutls.org/manual/html_node/Priority-Strings.html
#pragma once

#include <string>

#include "core/web/web_access.h"

namespace connwatch {

/// If the settings name no suites or no curves, those of GnuTLS's NORMAL are used.
std::string TlsPriorities(const TlsSettings& settings);

}  // namespace connwatch
