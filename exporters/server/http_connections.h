// The open connections of one HTTP server, by how long each may still take: libmicrohttpd's own
// time-out begins anew with every byte, so a client that sends one now and then would stay for
// ever, and at its connection limit it stops accepting. This closes what is overdue, and what has
// to make room for a new connection.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>

#include "core/base/instant.h"
#include "core/base/mutex.h"

namespace connwatch {

struct ConnectionLimits {
  std::size_t max_connections = 0;
  std::chrono::seconds request_timeout{0};  // TLS handshake, request line and headers together
  std::chrono::seconds reply_timeout{0};    // from there until the reply is taken
};

/// Why a connection ends.
enum class ConnectionClosing : std::uint8_t {
  kByOthers,  // the client or libmicrohttpd closed it
  kOverdue,   // its deadline passed
  kForRoom,   // it was closed to make room for a new connection
};

/// May be used from several threads.
class HttpConnections {
 public:
  using Id = std::uint64_t;

  explicit HttpConnections(const ConnectionLimits& limits) : limits_(limits) {}

  /// A new connection, which waits for a request. Beyond max_connections one of the client with
  /// most of them is closed: the one that for longest has brought no request or not taken its
  /// reply; of equals one that waits for a request. `fd` stays open until Remove.
  Id Add(int fd, std::string client, MonotonicTime now);
  /// Its request is complete.
  void BeginReply(Id id, MonotonicTime now);
  /// The reply is sent; it waits for the next request.
  void EndReply(Id id, MonotonicTime now);
  /// Returns why the connection ended. Must be called before Remove. Also kOverdue if the deadline
  /// has passed and libmicrohttpd, which has a time-out of its own, was the first to close it.
  ConnectionClosing ClosingOf(Id id, MonotonicTime now) const;
  void Remove(Id id);

  /// Closes those that are over their time. To be called about once a second.
  void CloseOverdue(MonotonicTime now);

  std::size_t size() const;

 private:
  struct Connection {
    int fd = -1;
    std::string client;
    MonotonicTime since;  // it waits for a request, or takes its reply
    MonotonicTime deadline;
    bool is_replying = false;
    // Anything but kByOthers: it is shut down, and its server has yet to notice.
    ConnectionClosing closing = ConnectionClosing::kByOthers;

    bool IsClosing() const { return closing != ConnectionClosing::kByOthers; }
  };

  void Close(Connection& connection, ConnectionClosing why) CONNWATCH_REQUIRES(mutex_);
  void MakeRoom() CONNWATCH_REQUIRES(mutex_);

  const ConnectionLimits limits_;
  mutable Mutex mutex_;
  Id next_id_ CONNWATCH_GUARDED_BY(mutex_) = 1;
  std::map<Id, Connection> connections_ CONNWATCH_GUARDED_BY(mutex_);  // the oldest first
  std::unordered_map<std::string, std::size_t> open_of_ CONNWATCH_GUARDED_BY(mutex_);
  std::size_t open_ CONNWATCH_GUARDED_BY(mutex_) = 0;  // those not closing
};

}  // namespace connwatch
