#include "daemon/process/systemd_sockets.h"

#include <sys/socket.h>
#include <systemd/sd-daemon.h>

#include <cerrno>
#include <string>
#include <utility>

namespace connwatch {

Result<std::vector<ListeningSocket>> TakeSystemdSockets() {
  constexpr int kForgetEnvironment = 1;
  constexpr int kListening = 1;
  const int count = sd_listen_fds(kForgetEnvironment);
  if (count < 0) return Error::FromErrno(-count, "--web.systemd-socket");
  if (count == 0) {
    return Error{ENOENT,
                 "--web.systemd-socket: systemd passed no socket (no LISTEN_FDS for this "
                 "process)"};
  }
  std::vector<ListeningSocket> sockets;
  for (int fd = SD_LISTEN_FDS_START; fd < SD_LISTEN_FDS_START + count; ++fd) {
    const auto is_of = [fd](int family) {
      return sd_is_socket(fd, family, SOCK_STREAM, kListening) > 0;
    };
    if (!is_of(AF_INET) && !is_of(AF_INET6) && !is_of(AF_UNIX)) {
      return Error{EINVAL, "--web.systemd-socket: descriptor " + std::to_string(fd) +
                               " is no listening TCP or unix stream socket"};
    }
    sockets.push_back(ListeningSocket::Adopt(fd));
  }
  return sockets;
}

}  // namespace connwatch
