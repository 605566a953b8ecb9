// A client of an HTTP server on a port of 127.0.0.1, byte by byte: plain, or over TLS.
#pragma once

#include <gnutls/gnutls.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace connwatch {

/// Connected from its construction to its end. Failures of the test's own doing are gtest failures.
class LoopbackClient {
 public:
  enum class Security : std::uint8_t { kPlain, kTls12, kTls13 };

  /// Over TLS the handshake is done then; any certificate will do.
  explicit LoopbackClient(std::uint16_t port, Security security = Security::kPlain);
  ~LoopbackClient();
  LoopbackClient(const LoopbackClient&) = delete;
  LoopbackClient& operator=(const LoopbackClient&) = delete;

  /// As much of it as the server takes.
  void Send(std::string_view text);
  /// What comes up to `end`, or until the server closes.
  std::string ReadUntil(std::string_view end);
  /// Everything until the server closes.
  std::string ReadToEnd();
  /// Ends with the alert by which TLS ends; the connection stays.
  void EndTls();
  /// Nothing more will be sent; the server sees the end behind what was.
  void EndSending() const;
  /// Ends the connection by RST.
  void Reset();

  /// What a client sends first over TLS.
  static std::string ClientHello();

 private:
  void BeginTls(Security security);
  ssize_t Receive(char* into, std::size_t size);

  int fd_ = -1;
  gnutls_session_t session_ = nullptr;  // null: plain
  gnutls_certificate_credentials_t credentials_ = nullptr;
};

/// A certificate for a server, made by itself, and its key; both as PEM.
struct OwnCertificate {
  std::string certificate;
  std::string key;
};
OwnCertificate MakeOwnCertificate();

}  // namespace connwatch
