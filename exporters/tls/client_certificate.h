// Checks the certificate that a TLS client sent against the settings.
#pragma once

#include <string>

#include "core/web/web_access.h"

struct gnutls_session_int;

namespace connwatch {

/// Call it when the client has had the chance to send a certificate. Returns why it is not
/// accepted, for the log. Empty if it is accepted.
std::string ProblemWithClient(gnutls_session_int* session, const TlsSettings& settings);

}  // namespace connwatch
