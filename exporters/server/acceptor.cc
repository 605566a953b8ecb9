#include "exporters/server/acceptor.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <system_error>
#include <utility>

namespace connwatch {

namespace {

constexpr int kNoTimeout = -1;
constexpr int kNoDescriptor = -1;
constexpr int kRetryAfterMs = 100;
constexpr int kClosedAfterMs = 1;

// accept(2): errors of one client's connection, which is gone. Others may wait behind it.
bool IsOfOneConnection(int code) {
  constexpr std::array kCodes = {ECONNABORTED, EINTR,     ENETDOWN,    EPROTO,
                                 ENOPROTOOPT,  EPERM,     EHOSTDOWN,   ENONET,
                                 EOPNOTSUPP,   ETIMEDOUT, ENETUNREACH, EHOSTUNREACH};
  return std::ranges::find(kCodes, code) != kCodes.end();
}

}  // namespace

int FirstDescriptorNotForClients() {
  constexpr rlim_t kReserve = 32;
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const rlim_t known = std::min<rlim_t>(limit.rlim_cur, std::numeric_limits<int>::max());
  return static_cast<int>(known - std::min(kReserve, known / 2));
}

Result<std::unique_ptr<Acceptor>> Acceptor::Create(int listening_fd, Options options) {
  const int wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake_fd < 0) {
    Error error = Error::FromErrno(errno, "eventfd");
    close(listening_fd);
    return error;
  }
  return std::unique_ptr<Acceptor>(new Acceptor(listening_fd, wake_fd, std::move(options)));
}

Acceptor::Acceptor(int listening_fd, int wake_fd, Options options)
    : listening_fd_(listening_fd), wake_fd_(wake_fd), options_(std::move(options)) {}

Acceptor::~Acceptor() {
  Stop();
  close(wake_fd_);
  close(listening_fd_);
}

Result<void> Acceptor::Start() {
  try {
    thread_ = std::thread([this] { Run(); });
  } catch (const std::system_error& error) {
    return Error::FromErrno(error.code().value(), "start the thread that accepts connections");
  }
  return {};
}

void Acceptor::Stop() {
  is_stopping_ = true;
  Wake();
  if (thread_.joinable()) thread_.join();
}

void Acceptor::GiveBack() {
  --taken_;
  if (is_waiting_for_end_) Wake();
}

void Acceptor::Run() {
  while (!is_stopping_) {
    if (taken_ < options_.places) {
      Accept();
    } else {
      WaitForPlace();
    }
  }
}

void Acceptor::Accept() {
  AcceptedConnection connection;
  connection.address_size = sizeof(connection.address);
  connection.fd = accept4(listening_fd_, reinterpret_cast<sockaddr*>(&connection.address),
                          &connection.address_size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (connection.fd >= 0) return Admit(connection);
  const int code = errno;
  if (code == EAGAIN) return WaitForClient();
  if (!IsOfOneConnection(code)) WaitForResources(code);
}

void Acceptor::Admit(AcceptedConnection connection) {
  if (!MoveBelowReserve(connection)) return;
  has_asked_ = false;
  ++taken_;  // before `take`, because GiveBack may be called first
  if (!options_.take(connection)) --taken_;
}

bool Acceptor::MoveBelowReserve(AcceptedConnection& connection) {
  while (connection.fd >= FirstDescriptorNotForClients()) {
    WaitForResources(EMFILE);
    if (is_stopping_) {
      close(connection.fd);
      return false;
    }
    const int lowest = fcntl(connection.fd, F_DUPFD_CLOEXEC, 0);
    if (lowest >= 0) close(lowest < connection.fd ? std::exchange(connection.fd, lowest) : lowest);
  }
  return true;
}

void Acceptor::WaitForClient() {
  is_short_ = false;  // everybody who waited was accepted
  has_asked_ = false;
  Wait(listening_fd_, kNoTimeout);
}

void Acceptor::WaitForPlace() {
  is_waiting_for_end_ = true;
  // A connection that ended before is_waiting_for_end_ was set has not called Wake.
  if (taken_ >= options_.places) Wait(kNoDescriptor, kNoTimeout);
  is_waiting_for_end_ = false;
}

void Acceptor::WaitForResources(int code) {
  is_waiting_for_end_ = true;
  if (!has_asked_) {
    options_.on_shortage(Error::FromErrno(code, "accept"), !std::exchange(is_short_, true));
  }
  // A connection that has ended closes its descriptor a moment later.
  has_asked_ = Wait(kNoDescriptor, kRetryAfterMs);
  is_waiting_for_end_ = false;
  if (has_asked_) Wait(kNoDescriptor, kClosedAfterMs);
}

bool Acceptor::Wait(int fd, int timeout_ms) const {
  std::array<pollfd, 2> watched = {{{wake_fd_, POLLIN, 0}, {fd, POLLIN, 0}}};
  poll(watched.data(), watched.size(), timeout_ms);
  if (watched[0].revents == 0) return false;
  eventfd_t wakes = 0;
  eventfd_read(wake_fd_, &wakes);
  return true;
}

void Acceptor::Wake() const { eventfd_write(wake_fd_, 1); }

}  // namespace connwatch
