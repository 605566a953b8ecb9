// A TLS handshake of a server with a client of its own, in memory. It shows when the settings are
// loaded whether any client can connect: a certificate may not fit the cipher suites or the curves,
// and a key may be too short for a signature.
#pragma once

#include <string>

#include "core/web/web_access.h"

struct gnutls_certificate_credentials_st;
struct gnutls_priority_st;

namespace connwatch {

/// What a server's handshakes use. Not owned.
struct ServerSide {
  gnutls_certificate_credentials_st* credentials = nullptr;
  gnutls_priority_st* priorities = nullptr;
};

/// Returns why a client that offers `version` and everything that GnuTLS offers by default cannot
/// finish a handshake. Empty if it can. No certificate is verified. Takes about as long as two
/// signatures with the server's key.
std::string ProblemWithHandshake(const ServerSide& server, TlsVersion version);

}  // namespace connwatch
