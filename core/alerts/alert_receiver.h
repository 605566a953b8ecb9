// One receiver of alerts, an Alertmanager or a webhook, as plain values. Written by config/, served
// by the AlertSender.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace connwatch {

struct BasicAuth {
  std::string username;
  std::string password;
  /// Used instead of `password`: a file whose first line is the password. It is read for every
  /// request.
  std::string password_file;

  bool operator==(const BasicAuth&) const = default;
};

/// The password in the content of a password file: the first line, without its end.
inline std::string PasswordIn(const std::string& content) {
  return content.substr(0, content.find_first_of("\r\n"));
}

/// Paths of PEM files, which are read for every request. Empty if not given.
struct TlsOptions {
  /// Used instead of the system's certificate authorities.
  std::string ca_file;
  /// A client certificate and its key; both or neither.
  std::string cert_file;
  std::string key_file;
  /// The name that the server's certificate must have, instead of the URL's host.
  std::string server_name;
  bool insecure_skip_verify = false;

  bool operator==(const TlsOptions&) const = default;
};

enum class ReceiverKind : std::uint8_t {
  kAlertmanager,  // is told again and again what fires, and groups, mutes and passes it on
  kWebhook,       // is told of each change once
};

/// What the body of a webhook may have in braces, see alert_template.h.
inline constexpr std::array<std::string_view, 14> kWebhookWords = {
    "status",    "alertname", "severity", "summary",  "description", "subject", "value",
    "threshold", "cause",     "unit",     "instance", "startsAt",    "url",     "runbook_url"};

/// What the labels of all alerts may have in braces: the name of this host, and the port of its
/// daemon.
inline constexpr std::array<std::string_view, 2> kOwnLabelWords = {"host", "port"};

/// What the address of a runbook may have in braces.
inline constexpr std::array<std::string_view, 1> kRunbookWords = {"alertname"};

struct AlertReceiver {
  ReceiverKind kind = ReceiverKind::kAlertmanager;
  /// The http or https URL that alerts are posted to, with its path. May contain a secret.
  std::string url;
  /// "host:port", for people and labels.
  std::string name;
  /// Of a webhook: the message, JSON with kWebhookWords in braces. Empty: the daemon's own object.
  std::string body;
  /// The time that one request may take, from the look-up of the name to the last byte of the
  /// answer.
  std::chrono::milliseconds timeout{10'000};
  std::optional<BasicAuth> basic_auth;
  TlsOptions tls;

  bool operator==(const AlertReceiver&) const = default;
};

/// The most receivers that a configuration may have.
inline constexpr std::size_t kMaxAlertReceivers = 16;
/// The largest file with a password, certificate or key.
inline constexpr std::size_t kMaxReceiverFileBytes = std::size_t{1} << 20U;

}  // namespace connwatch
