#include "exporters/tls/tls_context.h"

#include <gnutls/gnutls.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "exporters/tls/certificate_file.h"
#include "exporters/tls/client_certificate.h"
#include "exporters/tls/tls_priorities.h"
#include "exporters/tls/trial_handshake.h"

namespace connwatch {

namespace {

constexpr std::uint16_t kTls12OnTheWire = 0x0303;  // RFC 8446 section 4.1.2, legacy_version

gnutls_datum_t DatumOf(const std::string& text) {
  // GnuTLS's interface lacks const here; it does not write to it.
  return {reinterpret_cast<unsigned char*>(const_cast<char*>(text.data())),
          static_cast<unsigned>(text.size())};
}

Error Unusable(std::string context) { return Error{EINVAL, std::move(context)}; }

// Called when the client's last message of the handshake has been read. Nothing after it has been
// read yet, because GnuTLS reads one record at a time.
void Finish(gnutls_session_t session, TlsClient& client) {
  constexpr std::size_t kRecordHeaderBytes = 5;
  const gnutls_protocol_t version = gnutls_protocol_get_version(session);
  const std::size_t overhead = gnutls_est_record_overhead_size(
      version, gnutls_cipher_get(session), gnutls_mac_get(session), GNUTLS_COMP_NULL, /*flags=*/0);
  client.has_finished_handshake = true;
  client.records.BeginData({.overhead = overhead - std::min(overhead, kRecordHeaderBytes),
                            .hides_type = version >= GNUTLS_TLS1_3});
}

// Sees every handshake message before GnuTLS does.
// NOLINTNEXTLINE(readability-function-size): the library's signature
int OnMessage(gnutls_session_t session, unsigned kind, unsigned /*when*/, unsigned is_incoming,
              const gnutls_datum_t* message) {
  auto& client = *static_cast<TlsClient*>(gnutls_session_get_ptr(session));
  if (is_incoming == 0) return 0;
  constexpr std::size_t kMessageHeaderBytes = 4;
  client.records.TakeMessage(kMessageHeaderBytes + message->size);
  if (kind == GNUTLS_HANDSHAKE_CLIENT_HELLO && message->size >= 2) {
    client.offered_version = static_cast<std::uint16_t>(message->data[0] << 8U | message->data[1]);
  }
  if (kind == GNUTLS_HANDSHAKE_FINISHED) Finish(session, client);
  return 0;
}

// gnutls_pull_func: reads from the socket, and counts.
ssize_t Pull(gnutls_transport_ptr_t of_client, void* into, std::size_t size) {
  auto& client = *static_cast<TlsClient*>(of_client);
  const ssize_t count = recv(client.fd, into, size, 0);
  if (count > 0) {
    client.records.Take({static_cast<const std::byte*>(into), static_cast<std::size_t>(count)});
  }
  return count;
}

// gnutls_pull_timeout_func: calls GnuTLS's own, which takes a descriptor.
int WaitToPull(gnutls_transport_ptr_t of_client, unsigned timeout_ms) {
  return gnutls_system_recv_timeout(static_cast<TlsClient*>(of_client)->transport, timeout_ms);
}

void PullThrough(gnutls_session_t session, TlsClient& client) {
  gnutls_transport_ptr_t sending = nullptr;
  client.fd = gnutls_transport_get_int(session);
  gnutls_transport_get_ptr2(session, &client.transport, &sending);
  gnutls_transport_set_ptr2(session, &client, sending);
  gnutls_transport_set_pull_function(session, Pull);
  gnutls_transport_set_pull_timeout_function(session, WaitToPull);
}

}  // namespace

std::string TlsClient::Failure() const {
  if (!refusal.empty()) return refusal;
  if (!context || has_finished_handshake || records.bytes() == 0) return {};
  if (offered_version == 0) return "the client sent no ClientHello, or only a part of it";
  if (offered_version < kTls12OnTheWire) {
    return "the client offers no version above TLS 1." +
           std::to_string(std::max(offered_version & 0xff, 1) - 1);
  }
  return "no common TLS version or cipher suite, or the handshake was aborted";
}

Result<std::shared_ptr<const TlsContext>> TlsContext::Create(const TlsSettings& settings) {
  std::shared_ptr<TlsContext> context(new TlsContext(settings));
  if (auto loaded = context->Load(); !loaded) return std::move(loaded).error();
  return std::shared_ptr<const TlsContext>(std::move(context));
}

Result<void> TlsContext::Load() {
  if (gnutls_certificate_allocate_credentials(&credentials_) != GNUTLS_E_SUCCESS) {
    return Error::FromErrno(ENOMEM, "TLS credentials");
  }
  const gnutls_datum_t certificate = DatumOf(settings_.certificate.content);
  const gnutls_datum_t key = DatumOf(settings_.key.content);
  const int result =
      gnutls_certificate_set_x509_key_mem(credentials_, &certificate, &key, GNUTLS_X509_FMT_PEM);
  if (result < 0) {
    return Unusable(
        "cert_file " + settings_.certificate.path + " and key_file " + settings_.key.path +
        " are no pair, must be a certificate and its key in PEM: " + gnutls_strerror(result));
  }
  if (const std::string problem = ProblemWithKeys(settings_.certificate.content);
      !problem.empty()) {
    return Unusable("cert_file " + settings_.certificate.path + ": " + problem);
  }
  if (Result<void> clients = LoadClientAuthorities(); !clients) return clients;
  return LoadPriorities();
}

Result<void> TlsContext::LoadClientAuthorities() {
  if (settings_.client_ca) {
    const gnutls_datum_t authorities = DatumOf(settings_.client_ca->content);
    const int count =
        gnutls_certificate_set_x509_trust_mem(credentials_, &authorities, GNUTLS_X509_FMT_PEM);
    if (count <= 0) {
      return Unusable("client_ca_file " + settings_.client_ca->path +
                      " has no certificate, must have one in PEM" +
                      (count < 0 ? std::string(": ") + gnutls_strerror(count) : ""));
    }
    if (const std::string problem = ProblemWithKeys(settings_.client_ca->content);
        !problem.empty()) {
      return Unusable("client_ca_file " + settings_.client_ca->path + ": " + problem);
    }
  }
  gnutls_certificate_set_verify_function(credentials_, VerifyClient);
  return {};
}

Result<void> TlsContext::LoadPriorities() {
  const std::string priorities = TlsPriorities(settings_);
  const int refused = gnutls_priority_init(&priorities_, priorities.c_str(), nullptr);
  if (refused != GNUTLS_E_SUCCESS) {
    return Unusable("GnuTLS refuses the versions and suites: " +
                    std::string(gnutls_strerror(refused)));
  }
  for (const TlsVersion version : {TlsVersion::kTls12, TlsVersion::kTls13}) {
    if (version < settings_.min_version || version > settings_.max_version) continue;
    const std::string problem = ProblemWithHandshake({credentials_, priorities_}, version);
    if (problem.empty()) continue;
    return Unusable("no client can connect with TLS 1." +
                    std::string(version == TlsVersion::kTls12 ? "2" : "3") + " (" + problem +
                    "), must have cipher suites and curves for the key of cert_file " +
                    settings_.certificate.path);
  }
  return {};
}

TlsContext::~TlsContext() {
  if (credentials_ != nullptr) gnutls_certificate_free_credentials(credentials_);
  if (priorities_ != nullptr) gnutls_priority_deinit(priorities_);
}

void TlsContext::Attach(std::shared_ptr<const TlsContext> context, gnutls_session_int* session,
                        TlsClient& client) {
  const bool asks = context->settings_.client_auth != ClientAuth::kNoClientCert;
  client.is_accepted = !asks;
  gnutls_session_set_ptr(session, &client);
  gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, context->credentials_);
  gnutls_priority_set(session, context->priorities_);
  // The certificate is only asked for, not required. If it is missing, VerifyClient refuses the
  // client with a reason for the log.
  gnutls_certificate_server_set_request(session, asks ? GNUTLS_CERT_REQUEST : GNUTLS_CERT_IGNORE);
  gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_ANY, GNUTLS_HOOK_PRE, OnMessage);
  PullThrough(session, client);
  client.context = std::move(context);
}

int TlsContext::VerifyClient(gnutls_session_int* session) {
  auto& client = *static_cast<TlsClient*>(gnutls_session_get_ptr(session));
  client.refusal = ProblemWithClient(session, client.context->settings_);
  client.is_accepted = client.refusal.empty();
  if (client.is_accepted) return 0;
  gnutls_alert_send(session, GNUTLS_AL_FATAL, GNUTLS_A_BAD_CERTIFICATE);
  return -1;
}

}  // namespace connwatch
