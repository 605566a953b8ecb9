// What a TLS handshake needs, made once from TlsSettings and used by every connection that begins
// while it is in force; and what became of one handshake. libmicrohttpd makes the GnuTLS session
// with the certificate it was started with; Attach gives it ours instead, so that certificates,
// client CAs and versions can change without a restart.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/result.h"
#include "core/web_access.h"

struct gnutls_session_int;
struct gnutls_certificate_credentials_st;
struct gnutls_priority_st;

namespace connwatch {

class TlsContext;

/// One connection's handshake. Used on its connection's thread only.
struct TlsHandshake {
  std::shared_ptr<const TlsContext> context;  // null: plain HTTP
  std::uint16_t offered_version = 0;          // of the ClientHello; 0 before it came
  bool is_client_accepted = false;            // the client's certificate, or its absence, will do
  bool is_finished = false;
  std::string refusal;  // why the client was not accepted, for the log
  /// Once it is finished: what it took of the bytes that the client sent (0 where the kernel does
  /// not tell), and how many the alert takes by which a client ends TLS.
  std::uint64_t bytes = 0;
  std::uint64_t closing_alert_bytes = 0;

  /// Why the handshake came to nothing, for the log; empty where there is nothing to tell: it
  /// finished, or the client sent nothing.
  std::string Failure(bool has_sent) const;
};

/// Immutable; may be used from several threads.
class TlsContext {
 public:
  /// EINVAL with what is wrong in which file: no PEM, a key that is not the certificate's.
  static Result<std::shared_ptr<const TlsContext>> Create(const TlsSettings& settings);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  const TlsSettings& settings() const { return settings_; }

  /// Sets up a session before its handshake. `handshake` must outlive it; `context` keeps this
  /// alive as long.
  static void Attach(std::shared_ptr<const TlsContext> context, gnutls_session_int* session,
                     TlsHandshake& handshake);

 private:
  explicit TlsContext(TlsSettings settings) : settings_(std::move(settings)) {}
  Result<void> Load();
  // GnuTLS's callback during the handshake: 0, or anything else to end it.
  static int VerifyClient(gnutls_session_int* session);

  const TlsSettings settings_;
  gnutls_certificate_credentials_st* credentials_ = nullptr;
  gnutls_priority_st* priorities_ = nullptr;
};

}  // namespace connwatch
