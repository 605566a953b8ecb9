#include "exporters/tls/trial_handshake.h"

#include <gnutls/gnutls.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <memory>

namespace connwatch {

namespace {

struct EndSession {
  void operator()(gnutls_session_int* session) const { gnutls_deinit(session); }
};
using TrialSession = std::unique_ptr<gnutls_session_int, EndSession>;

struct FreeClientCredentials {
  void operator()(gnutls_certificate_credentials_st* credentials) const {
    gnutls_certificate_free_credentials(credentials);
  }
};
using ClientCredentials = std::unique_ptr<gnutls_certificate_credentials_st, FreeClientCredentials>;

// One of the two sides, and the bytes on their way to it.
struct TrialSide {
  TrialSession session;
  std::string incoming;
  TrialSide* other = nullptr;
};

// gnutls_pull_func
ssize_t TakeBytes(gnutls_transport_ptr_t of_side, void* into, std::size_t size) {
  auto& side = *static_cast<TrialSide*>(of_side);
  if (side.incoming.empty()) {
    gnutls_transport_set_errno(side.session.get(), EAGAIN);
    return -1;
  }
  const std::size_t count = std::min(size, side.incoming.size());
  std::copy_n(side.incoming.data(), count, static_cast<char*>(into));
  side.incoming.erase(0, count);
  return static_cast<ssize_t>(count);
}

// gnutls_pull_timeout_func
int HasBytes(gnutls_transport_ptr_t of_side, unsigned /*timeout_ms*/) {
  return static_cast<TrialSide*>(of_side)->incoming.empty() ? 0 : 1;
}

// gnutls_push_func
ssize_t GiveBytes(gnutls_transport_ptr_t of_side, const void* from, std::size_t size) {
  static_cast<TrialSide*>(of_side)->other->incoming.append(static_cast<const char*>(from), size);
  return static_cast<ssize_t>(size);
}

// Returns a GnuTLS error code, as the functions below do.
int Begin(TrialSide& side, unsigned flags, gnutls_certificate_credentials_st* credentials) {
  gnutls_session_t session = nullptr;
  if (const int failure = gnutls_init(&session, flags | GNUTLS_NONBLOCK); failure < 0) {
    return failure;
  }
  side.session.reset(session);
  gnutls_transport_set_ptr(session, &side);
  gnutls_transport_set_pull_function(session, TakeBytes);
  gnutls_transport_set_pull_timeout_function(session, HasBytes);
  gnutls_transport_set_push_function(session, GiveBytes);
  return gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials);
}

int ShakeHands(TrialSide& client, TrialSide& server) {
  constexpr int kMaxRounds = 10;  // three are enough
  bool is_client_done = false;
  bool is_server_done = false;
  for (int round = 0; round < kMaxRounds; ++round) {
    int for_client = is_client_done ? 0 : gnutls_handshake(client.session.get());
    is_client_done = for_client == GNUTLS_E_SUCCESS;
    const int for_server = is_server_done ? 0 : gnutls_handshake(server.session.get());
    is_server_done = for_server == GNUTLS_E_SUCCESS;
    if (is_client_done && is_server_done) return GNUTLS_E_SUCCESS;
    // What the server says comes first: the client may only have its alert.
    if (gnutls_error_is_fatal(for_server) != 0) return for_server;
    if (gnutls_error_is_fatal(for_client) != 0) return for_client;
  }
  return GNUTLS_E_TIMEDOUT;
}

int Try(const ServerSide& settings, gnutls_certificate_credentials_st* of_client,
        const char* priorities) {
  TrialSide client;
  TrialSide server;
  client.other = &server;
  server.other = &client;
  if (const int failure = Begin(client, GNUTLS_CLIENT, of_client); failure < 0) return failure;
  if (const int failure = Begin(server, GNUTLS_SERVER, settings.credentials); failure < 0) {
    return failure;
  }
  gnutls_certificate_server_set_request(server.session.get(), GNUTLS_CERT_IGNORE);
  int failure = gnutls_priority_set_direct(client.session.get(), priorities, nullptr);
  if (failure == GNUTLS_E_SUCCESS) {
    failure = gnutls_priority_set(server.session.get(), settings.priorities);
  }
  return failure == GNUTLS_E_SUCCESS ? ShakeHands(client, server) : failure;
}

}  // namespace

std::string ProblemWithHandshake(const ServerSide& server, TlsVersion version) {
  gnutls_certificate_credentials_t credentials = nullptr;
  if (gnutls_certificate_allocate_credentials(&credentials) != GNUTLS_E_SUCCESS) {
    return "no memory";
  }
  const ClientCredentials of_client(credentials);
  const char* priorities = version == TlsVersion::kTls12 ? "NORMAL:-VERS-ALL:+VERS-TLS1.2"
                                                         : "NORMAL:-VERS-ALL:+VERS-TLS1.3";
  const int failure = Try(server, of_client.get(), priorities);
  return failure == GNUTLS_E_SUCCESS ? "" : gnutls_strerror(failure);
}

}  // namespace connwatch
