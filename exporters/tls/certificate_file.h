// Checks the certificates in a PEM file when it is loaded, before a client meets them.
#pragma once

#include <string>

#include "core/base/instant.h"

namespace connwatch {

/// Returns why nobody should trust a certificate in `pem`: its key is too short. Empty if nothing
/// is wrong, or if `pem` has no certificates. The limit is what GnuTLS calls "low": 1024 bits for
/// RSA, 160 for elliptic curves. With shorter keys GnuTLS trusts no client, and Go's crypto/rsa,
/// which Prometheus uses, no server. Their private keys can be computed.
std::string ProblemWithKeys(const std::string& pem);

/// Returns why the first certificate in `pem` is not valid at `now`: "expired at
/// 2026-01-31T12:00:00Z". Empty if it is valid, or if `pem` has no certificates.
std::string ProblemWithValidity(const std::string& pem, WallTime now);

}  // namespace connwatch
