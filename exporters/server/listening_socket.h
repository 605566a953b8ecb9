// A socket that listens: opened for a ListenAddress, or passed by systemd.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "core/base/result.h"
#include "exporters/server/listen_address.h"

namespace connwatch {

/// Owns the descriptor until Release. If it made the file of a unix socket, it owns that too and
/// removes it when destroyed.
class ListeningSocket {
 public:
  /// The error names the address and the reason (port in use, no permission, no such address). A
  /// unix socket gets mode 0660. It replaces the file of an old unix socket on which nobody listens
  /// any more.
  static Result<ListeningSocket> Open(const ListenAddress& address);
  /// Takes the descriptor of a listening stream socket and makes it non-blocking and close-on-exec.
  static ListeningSocket Adopt(int fd);

  ~ListeningSocket();
  ListeningSocket(ListeningSocket&& other) noexcept;
  ListeningSocket& operator=(ListeningSocket&&) = delete;
  ListeningSocket(const ListeningSocket&) = delete;
  ListeningSocket& operator=(const ListeningSocket&) = delete;

  /// Returns the descriptor. The caller must close it.
  int Release();

  /// The port in use; 0 for a unix socket.
  std::uint16_t port() const { return address_.port; }
  bool is_unix() const { return !address_.unix_path.empty(); }
  /// The address for clients: "http://localhost:10177/metrics", "unix:/run/x.sock".
  std::string Url(const std::string& scheme) const;

 private:
  ListeningSocket(int fd, ListenAddress address);

  int fd_ = -1;
  ListenAddress address_;  // as bound
  bool has_file_ = false;
  dev_t file_device_ = 0;
  ino_t file_inode_ = 0;
};

}  // namespace connwatch
