// One receiver of alerts, an Alertmanager or a webhook, as plain values. Written by config/, served
// by the AlertSender.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

namespace connwatch {

struct BasicAuth {
  std::string username;
  std::string password;
  /// Instead of `password`: a file whose first line it is, read for every request.
  std::string password_file;

  bool operator==(const BasicAuth&) const = default;
};

/// PEM files, read for every request; empty: not given.
struct TlsOptions {
  /// Instead of the system's certificate authorities.
  std::string ca_file;
  /// A client certificate and its key; both or neither.
  std::string cert_file;
  std::string key_file;
  /// The name that the server's certificate must have, instead of the URL's host.
  std::string server_name;
  bool insecure_skip_verify = false;

  bool operator==(const TlsOptions&) const = default;
};

struct AlertReceiver {
  /// What alerts are posted to, path and all: http or https. May hold a secret.
  std::string url;
  /// "host:port", for people and labels.
  std::string name;
  /// Of one request, from the look-up of the name to the last byte of the answer.
  std::chrono::milliseconds timeout{10'000};
  std::optional<BasicAuth> basic_auth;
  TlsOptions tls;

  bool operator==(const AlertReceiver&) const = default;
};

/// Receivers in a configuration at most.
inline constexpr std::size_t kMaxAlertReceivers = 16;
/// Of a password, certificate or key.
inline constexpr std::size_t kMaxReceiverFileBytes = std::size_t{1} << 20U;

}  // namespace connwatch
