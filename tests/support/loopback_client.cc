#include "tests/support/loopback_client.h"

#include <arpa/inet.h>
#include <gnutls/x509.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <utility>

namespace connwatch {

namespace {

constexpr const char* kTls12Only = "NORMAL:-VERS-ALL:+VERS-TLS1.2";
constexpr const char* kTls13Only = "NORMAL:-VERS-ALL:+VERS-TLS1.3";

// gnutls_push_func: keeps what would be sent.
ssize_t Keep(gnutls_transport_ptr_t sent, const void* bytes, std::size_t size) {
  static_cast<std::string*>(sent)->append(static_cast<const char*>(bytes), size);
  return static_cast<ssize_t>(size);
}

// gnutls_pull_func: nothing comes.
ssize_t ReceiveNothing(gnutls_transport_ptr_t /*sent*/, void* /*bytes*/, std::size_t /*size*/) {
  errno = EAGAIN;
  return -1;
}

std::string TakePem(gnutls_datum_t pem) {
  std::string text(reinterpret_cast<const char*>(pem.data), pem.size);
  gnutls_free(pem.data);
  return text;
}

}  // namespace

LoopbackClient::LoopbackClient(std::uint16_t port, Security security)
    : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  Connect(reinterpret_cast<sockaddr*>(&address), sizeof(address));
  if (security != Security::kPlain) BeginTls(security);
}

LoopbackClient::LoopbackClient(const std::string& path)
    : fd_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  EXPECT_LT(path.size(), sizeof(address.sun_path));
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  Connect(reinterpret_cast<sockaddr*>(&address), sizeof(address));
}

void LoopbackClient::Connect(const sockaddr* address, socklen_t size) const {
  EXPECT_EQ(connect(fd_, address, size), 0);
  const timeval deadline{10, 0};
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof(deadline));
  setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &deadline, sizeof(deadline));
}

LoopbackClient::~LoopbackClient() {
  if (session_ != nullptr) gnutls_deinit(session_);
  if (credentials_ != nullptr) gnutls_certificate_free_credentials(credentials_);
  if (fd_ >= 0) close(fd_);
}

void LoopbackClient::BeginTls(Security security) {
  gnutls_certificate_allocate_credentials(&credentials_);
  gnutls_init(&session_, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL);
  gnutls_priority_set_direct(session_, security == Security::kTls12 ? kTls12Only : kTls13Only,
                             nullptr);
  gnutls_credentials_set(session_, GNUTLS_CRD_CERTIFICATE, credentials_);
  gnutls_transport_set_int(session_, fd_);
  EXPECT_EQ(gnutls_handshake(session_), GNUTLS_E_SUCCESS);
}

void LoopbackClient::Send(std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = session_ == nullptr
                             ? send(fd_, text.data(), text.size(), MSG_NOSIGNAL)
                             : gnutls_record_send(session_, text.data(), text.size());
    if (sent <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
}

ssize_t LoopbackClient::Receive(char* into, std::size_t size) {
  if (session_ == nullptr) return recv(fd_, into, size, 0);
  // GnuTLS also says "again" after a session ticket; then errno is not the socket's.
  ssize_t count = 0;
  do {
    errno = 0;
    count = gnutls_record_recv(session_, into, size);
  } while (count == GNUTLS_E_AGAIN && errno != EAGAIN);
  return count;
}

std::string LoopbackClient::ReadUntil(std::string_view end) {
  std::string text;
  char next = 0;
  while (!text.ends_with(end) && Receive(&next, 1) > 0) text += next;
  return text;
}

std::string LoopbackClient::ReadToEnd() {
  std::string text;
  std::array<char, 4096> part{};
  ssize_t count = 0;
  errno = 0;
  while ((count = Receive(part.data(), part.size())) > 0) {
    text.append(part.data(), static_cast<std::size_t>(count));
  }
  EXPECT_TRUE(errno != EAGAIN) << "no end within the deadline";
  return text;
}

void LoopbackClient::EndTls() {
  gnutls_alert_send(session_, GNUTLS_AL_WARNING, GNUTLS_A_USER_CANCELED);
  gnutls_bye(session_, GNUTLS_SHUT_WR);
}

void LoopbackClient::EndSending() const { shutdown(fd_, SHUT_WR); }

void LoopbackClient::Reset() {
  const linger at_once{1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  close(std::exchange(fd_, -1));
}

std::string LoopbackClient::ClientHello() {
  std::string sent;
  gnutls_certificate_credentials_t credentials = nullptr;
  gnutls_session_t session = nullptr;
  gnutls_certificate_allocate_credentials(&credentials);
  gnutls_init(&session, GNUTLS_CLIENT);
  gnutls_priority_set_direct(session, kTls13Only, nullptr);
  gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials);
  gnutls_transport_set_ptr(session, &sent);
  gnutls_transport_set_push_function(session, Keep);
  gnutls_transport_set_pull_function(session, ReceiveNothing);
  EXPECT_EQ(gnutls_handshake(session), GNUTLS_E_AGAIN);
  gnutls_deinit(session);
  gnutls_certificate_free_credentials(credentials);
  return sent;
}

SelfSignedCertificate MakeSelfSignedCertificate(gnutls_pk_algorithm_t kind, unsigned bits) {
  constexpr std::time_t kDay = 86'400;
  gnutls_x509_privkey_t key = nullptr;
  gnutls_x509_crt_t certificate = nullptr;
  gnutls_x509_privkey_init(&key);
  gnutls_x509_crt_init(&certificate);
  EXPECT_EQ(gnutls_x509_privkey_generate(key, kind, bits, 0), 0);
  const auto digest = kind == GNUTLS_PK_EDDSA_ED25519 ? GNUTLS_DIG_SHA512 : GNUTLS_DIG_SHA256;
  const std::array<unsigned char, 1> serial = {1};
  gnutls_x509_crt_set_version(certificate, 3);
  gnutls_x509_crt_set_serial(certificate, serial.data(), serial.size());
  gnutls_x509_crt_set_dn(certificate, "CN=localhost", nullptr);
  gnutls_x509_crt_set_activation_time(certificate, std::time(nullptr) - kDay);
  gnutls_x509_crt_set_expiration_time(certificate, std::time(nullptr) + kDay);
  gnutls_x509_crt_set_key(certificate, key);
  EXPECT_EQ(gnutls_x509_crt_sign2(certificate, certificate, key, digest, 0), 0);
  gnutls_datum_t certificate_pem{};
  gnutls_datum_t key_pem{};
  gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_PEM, &certificate_pem);
  gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, nullptr, GNUTLS_PKCS_PLAIN, &key_pem);
  gnutls_x509_crt_deinit(certificate);
  gnutls_x509_privkey_deinit(key);
  return {TakePem(certificate_pem), TakePem(key_pem)};
}

}  // namespace connwatch
