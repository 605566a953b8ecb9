// The open connections of one HTTP server and their deadlines. libmicrohttpd's own time-out begins
// anew with every byte, so a client that sends a byte now and then would stay for ever. At its own
// connection limit libmicrohttpd stops accepting. So this closes connections that are overdue, and
// connections that must make room for new ones.
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
  std::chrono::seconds reply_timeout{0};    // from then until the client has taken the reply
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

  /// Adds a new connection, which waits for a request. If max_connections are open already, it
  /// first closes a connection of the client that has the most. It chooses the one that has waited
  /// longest, for its request or for the client to take its reply. If two have waited equally long,
  /// it chooses one that waits for its request. `fd` must stay open until Remove.
  Id Add(int fd, std::string client, MonotonicTime now);
  /// Closes a connection as Add does at the limit, if there is one. For a new connection that lacks
  /// something else than a place.
  void MakeRoomForOne();
  /// Call when the connection's request is complete.
  void BeginReply(Id id, MonotonicTime now);
  /// Call when the reply is sent. The connection then waits for the next request.
  void EndReply(Id id, MonotonicTime now);
  /// Returns why the connection ended. Must be called before Remove. Returns kOverdue also if the
  /// deadline has passed and libmicrohttpd closed the connection first, by its own time-out.
  ConnectionClosing ClosingOf(Id id, MonotonicTime now) const;
  void Remove(Id id);

  /// Closes the connections whose deadline has passed. Must be called about once a second.
  void CloseOverdue(MonotonicTime now);

  std::size_t size() const;

 private:
  struct Connection {
    int fd = -1;
    std::string client;
    MonotonicTime since;  // when it began to wait for a request, or to take its reply
    MonotonicTime deadline;
    bool is_replying = false;
    // If this is not kByOthers, the connection is shut down, but its server has not noticed yet.
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
  std::size_t open_ CONNWATCH_GUARDED_BY(mutex_) = 0;  // connections that are not closing
};

}  // namespace connwatch
