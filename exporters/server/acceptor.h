// Accepts the connections of a listening socket on a thread of its own. libmicrohttpd could accept
// by itself, but while no descriptor is free it tries again as fast as it can, and it leaves none
// for the polls. Connections for which there is no room wait in the kernel's queue.
#pragma once

#include <sys/socket.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <thread>

#include "core/base/result.h"

namespace connwatch {

/// A connection that was accepted. `fd` is non-blocking and close-on-exec.
struct AcceptedConnection {
  int fd = -1;
  sockaddr_storage address{};  // the client's
  socklen_t address_size = 0;
};

/// Connections get descriptors below this number only. So the others are left for the polls,
/// whatever clients do. It is the limit of the process (RLIMIT_NOFILE) less 32, but at least half
/// of the limit.
int FirstDescriptorNotForClients();

class Acceptor {
 public:
  /// Both functions are called on the acceptor's thread.
  struct Options {
    std::size_t places = 0;  // connections at a time, at least 1
    /// Takes over the connection. Returns false if it could not; then it has closed the descriptor.
    std::function<bool(const AcceptedConnection& connection)> take;
    /// Called while a client waits and there is no descriptor or no memory for it. It should end a
    /// connection, if there is one. `is_new` is true for the first call since no client waited.
    std::function<void(const Error& why, bool is_new)> on_shortage;
  };

  /// Makes an acceptor that does not accept yet. Takes over `listening_fd`, which must be
  /// non-blocking, also if it fails. The error says that no descriptor was free.
  static Result<std::unique_ptr<Acceptor>> Create(int listening_fd, Options options);
  /// Stops. Does not close the connections that were taken.
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  /// Starts to accept. Call it once, when everything that `take` uses is there, also what calls
  /// GiveBack: a connection may end before this has returned. The error says that the thread could
  /// not be started.
  Result<void> Start();
  /// Ends the thread at once. `take` is not called after this has returned.
  void Stop();

  /// Must be called once for each connection that was taken, when it has ended: its place is free
  /// again. May be called from any thread, also before `take` has returned.
  void GiveBack();

 private:
  Acceptor(int listening_fd, int wake_fd, Options options);

  void Run();  // the thread
  void Accept();
  void Admit(AcceptedConnection connection);
  // Gives the connection a descriptor that clients may have. Waits for one if necessary. Returns
  // false if the acceptor is stopped before; then the connection is closed.
  bool MoveBelowReserve(AcceptedConnection& connection);
  void WaitForClient();
  // Waits until a place is free.
  void WaitForPlace();
  // Waits a little, or until a connection has ended, because of the error `code`.
  void WaitForResources(int code);
  // Waits until Wake, or until a client comes if `fd` is the listening one, or until the time is
  // over (-1: no limit). Returns true iff it was Wake.
  bool Wait(int fd, int timeout_ms) const;
  void Wake() const;

  const int listening_fd_;
  const int wake_fd_;  // an eventfd
  const Options options_;
  std::atomic<std::size_t> taken_ = 0;            // places in use
  std::atomic<bool> is_waiting_for_end_ = false;  // of a connection
  std::atomic<bool> is_stopping_ = false;
  // Used only by the thread: a client waits for resources; on_shortage was called for it.
  bool is_short_ = false;
  bool has_asked_ = false;
  std::thread thread_;  // last: uses all of the above
};

}  // namespace connwatch
