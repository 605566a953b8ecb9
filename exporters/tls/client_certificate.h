// The certificate a TLS client sent, against what the settings ask for.
#pragma once

#include <string>

#include "core/web/web_access.h"

struct gnutls_session_int;

namespace connwatch {

/// To be asked once the client had the chance to send one. Why it is not accepted, for the log;
/// empty where it is.
std::string ProblemWithClient(gnutls_session_int* session, const TlsSettings& settings);

}  // namespace connwatch
