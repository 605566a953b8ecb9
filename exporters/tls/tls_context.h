// What a TLS handshake needs (TlsContext), and how one handshake went (TlsClient). A TlsContext is
// made once from TlsSettings and used by every connection that begins while it is in force.
// libmicrohttpd makes the GnuTLS session with the certificate that it was started with. Attach
// replaces it with ours, so that certificates, client CAs and versions can change without a
// restart.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/base/result.h"
#include "core/web/web_access.h"
#include "exporters/tls/tls_records.h"

struct gnutls_session_int;
struct gnutls_certificate_credentials_st;
struct gnutls_priority_st;

namespace connwatch {

class TlsContext;

/// What is known about a client over TLS. Used on its connection's thread only.
struct TlsClient {
  std::shared_ptr<const TlsContext> context;  // null: plain HTTP
  std::uint16_t offered_version = 0;          // in the ClientHello; 0 before it came
  bool is_accepted = false;                   // its certificate, or having none, is accepted
  bool has_finished_handshake = false;
  std::string refusal;        // why it was not accepted, for the log
  int fd = -1;                // the descriptor of its connection
  void* transport = nullptr;  // `fd`, as gnutls_system_recv_timeout() takes it
  TlsRecords records;         // counts what it has sent

  /// Returns why the handshake failed, for the log. Empty if it finished, or if the client sent
  /// nothing.
  std::string Failure() const;
};

/// Immutable; may be used from several threads.
class TlsContext {
 public:
  /// EINVAL if a file is no PEM, if the key does not belong to the certificate, if a certificate
  /// has a key that is too short, or if no client can connect. The error says what is wrong in
  /// which file. Takes as long as a few handshakes, because it tries one for each version of TLS.
  static Result<std::shared_ptr<const TlsContext>> Create(const TlsSettings& settings);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  const TlsSettings& settings() const { return settings_; }

  /// Sets up a session before its handshake. GnuTLS keeps the address of `client`: it must not
  /// move, and must outlive the session. `client` keeps `context` alive.
  static void Attach(std::shared_ptr<const TlsContext> context, gnutls_session_int* session,
                     TlsClient& client);

 private:
  explicit TlsContext(TlsSettings settings) : settings_(std::move(settings)) {}
  Result<void> Load();
  Result<void> LoadClientAuthorities();
  Result<void> LoadPriorities();
  // GnuTLS's callback during the handshake: 0, or anything else to end it.
  static int VerifyClient(gnutls_session_int* session);

  const TlsSettings settings_;
  gnutls_certificate_credentials_st* credentials_ = nullptr;
  gnutls_priority_st* priorities_ = nullptr;
};

}  // namespace connwatch
