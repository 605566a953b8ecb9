// A client of an HTTP server on this host, byte by byte: plain, or over TLS.
#pragma once

#include <gnutls/gnutls.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace connwatch {

/// Connected from its construction to its end. Failures of the test's own doing are gtest failures.
class LoopbackClient {
 public:
  enum class Security : std::uint8_t { kPlain, kTls12, kTls13 };

  /// To a port of 127.0.0.1. Over TLS the handshake is done then; any certificate will do.
  explicit LoopbackClient(std::uint16_t port, Security security = Security::kPlain);
  /// To a unix socket.
  explicit LoopbackClient(const std::string& path);
  ~LoopbackClient();
  LoopbackClient(const LoopbackClient&) = delete;
  LoopbackClient& operator=(const LoopbackClient&) = delete;

  /// Sends `text`; stops at the first error.
  void Send(std::string_view text);
  /// What comes up to `end`, or until the server closes.
  std::string ReadUntil(std::string_view end);
  /// Everything until the server closes.
  std::string ReadToEnd();
  /// Sends user_canceled and close_notify, as Java does. Only over TLS.
  void EndTls();
  /// Closes the sending side: the server reads what was sent, then the end.
  void EndSending() const;
  /// Closes with RST. Nothing else may be called afterwards.
  void Reset();

  /// What a client sends first over TLS.
  static std::string ClientHello();

 private:
  void Connect(const sockaddr* address, socklen_t size) const;
  void BeginTls(Security security);
  ssize_t Receive(char* into, std::size_t size);

  int fd_ = -1;
  gnutls_session_t session_ = nullptr;  // null: plain
  gnutls_certificate_credentials_t credentials_ = nullptr;
};

/// A self-signed server certificate and its key, both PEM.
struct SelfSignedCertificate {
  std::string certificate;
  std::string key;
};
/// Valid from yesterday to tomorrow. `bits` is the length of the key, or the number of a curve
/// (GNUTLS_CURVE_TO_BITS).
SelfSignedCertificate MakeSelfSignedCertificate(
    gnutls_pk_algorithm_t kind = GNUTLS_PK_ECDSA,
    unsigned bits = GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1));

}  // namespace connwatch
