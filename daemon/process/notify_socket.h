// The socket of the service manager, in place of sd_notify(3): that one waits while the service
// manager does not read its messages, and nothing on the loop may wait.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <string_view>

namespace connwatch {

class NotifySocket {
 public:
  /// Opens the socket that the environment names in NOTIFY_SOCKET, as systemd and others set it: a
  /// unix datagram socket, as a path or with "@" as an abstract name. If there is none, or it is of
  /// another kind, every message goes nowhere.
  NotifySocket();
  ~NotifySocket();
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;

  /// Sends assignments, such as "READY=1\nSTATUS=...", as one message. Never waits. Returns false
  /// iff the service manager does not take messages now, so that it is worth trying again.
  bool Send(std::string_view assignments) const;

 private:
  int fd_ = -1;  // -1: there is nobody to tell
  sockaddr_un address_{};
  socklen_t address_size_ = 0;
};

}  // namespace connwatch
