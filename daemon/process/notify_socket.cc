#include "daemon/process/notify_socket.h"

#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>

namespace connwatch {

NotifySocket::NotifySocket() {
  const char* value = std::getenv("NOTIFY_SOCKET");  // NOLINT(concurrency-mt-unsafe): no setenv
  const std::string_view name = value == nullptr ? "" : value;
  const bool is_abstract = name.starts_with('@');
  // A path ends with a 0 byte. An abstract name begins with one (unix(7)).
  constexpr std::size_t kMaxBytes = sizeof(address_.sun_path) - 1;
  if (!(is_abstract || name.starts_with('/')) || name.size() < 2 || name.size() > kMaxBytes) return;
  address_.sun_family = AF_UNIX;
  name.copy(address_.sun_path, name.size());
  if (is_abstract) address_.sun_path[0] = '\0';
  address_size_ =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size() + (is_abstract ? 0 : 1));
  fd_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

NotifySocket::~NotifySocket() {
  if (fd_ >= 0) close(fd_);
}

bool NotifySocket::Send(std::string_view assignments) const {
  if (fd_ < 0) return true;
  const ssize_t count = sendto(fd_, assignments.data(), assignments.size(), MSG_NOSIGNAL,
                               reinterpret_cast<const sockaddr*>(&address_), address_size_);
  return count >= 0 || errno == EMSGSIZE;  // too long now is too long later
}

}  // namespace connwatch
