// The open connections of one HTTP server, their deadlines and their limits. libmicrohttpd's own
// time-out begins anew with every byte, so a client that sends a byte now and then would stay for
// ever. At its own limits libmicrohttpd stops accepting, or refuses the newcomer. So this closes
// connections that are overdue, and connections that must make room for new ones.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "core/base/instant.h"
#include "core/base/mutex.h"

namespace connwatch {

struct ConnectionLimits {
  std::size_t max_connections = 0;
  std::size_t max_per_client = 0;           // 0 means no limit
  std::chrono::seconds request_timeout{0};  // TLS handshake, request line and headers together
  std::chrono::seconds reply_timeout{0};    // from then until the client has taken the reply
};

/// Why a connection ends.
enum class ConnectionClosing : std::uint8_t {
  kByOthers,       // the client or libmicrohttpd closed it
  kOverdue,        // its deadline passed
  kForRoom,        // it was closed to make room for a new connection
  kForSameClient,  // it was closed to make room for a new connection of the same client
  kRefused,        // its client has too many connections, and none of them could be closed
};

/// May be used from several threads.
class HttpConnections {
 public:
  using Id = std::uint64_t;

  /// Who waits this long for a request or for the client to read a reply makes room first.
  static constexpr std::chrono::seconds kLongWait{5};
  /// Most requests come sooner after their connection.
  static constexpr std::chrono::milliseconds kShortWait{200};

  explicit HttpConnections(const ConnectionLimits& limits) : limits_(limits) {}

  /// Adds a new connection, which waits for a request. `fd` must stay open until Remove.
  ///
  /// If the client has max_per_client connections already, this closes the one that has waited
  /// longest for its request. It spares a connection whose request has arrived and was not read
  /// yet. If no other connection waits for a request, it closes the one that has waited longest for
  /// the client to read its reply, for kLongWait at least. If there is no such connection either,
  /// it refuses the new one, that is, closes it.
  ///
  /// If max_connections are open already, this closes a connection of any client. First go those
  /// that have waited for a request for kLongWait, then those that have waited for one for
  /// kShortWait, then the others. A connection whose request has arrived and was not read yet is
  /// one of the others. Among equals one of the client with the most connections goes first. Of
  /// these one without such a request goes first, and then the one that has waited longest.
  Id Add(int fd, const std::string& client, MonotonicTime now);
  /// Closes a connection as Add does at max_connections, if there is one. For a new connection that
  /// lacks something else than a place.
  void MakeRoomForOne(MonotonicTime now);
  /// Call when the connection's request is complete. Returns false if the connection was closed, so
  /// that the request need not be answered.
  bool BeginReply(Id id, MonotonicTime now);
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
    Id id = 0;
    int fd = -1;
    std::string client;
    MonotonicTime since;  // when it began to wait for a request, or to take its reply
    MonotonicTime deadline;
    bool is_replying = false;
    std::uint64_t read_before = 0;  // bytes that the server had read at `since`
    // If this is not kByOthers, the connection is shut down, but its server has not noticed yet.
    ConnectionClosing closing = ConnectionClosing::kByOthers;

    bool IsClosing() const { return closing != ConnectionClosing::kByOthers; }
    bool HasWaitedLong(MonotonicTime now) const { return now - since >= kLongWait; }
    // Returns true iff a request has begun to arrive, and the server has read nothing of it.
    bool HasUnreadRequest() const;
  };

  void Close(Connection& connection, ConnectionClosing why) CONNWATCH_REQUIRES(mutex_);
  // Counts the connection as open no more.
  void Forget(const Connection& connection) CONNWATCH_REQUIRES(mutex_);
  // The lowest makes room first. In this order: has not been silent for kLongWait, has not been
  // silent for kShortWait, minus the connections of its client, its request has arrived, since
  // when it waits, it sends a reply.
  using Standing = std::tuple<bool, bool, std::ptrdiff_t, bool, MonotonicTime, bool>;
  Standing StandingOf(const Connection& connection, MonotonicTime now) const
      CONNWATCH_REQUIRES(mutex_);
  void MakeRoom(MonotonicTime now) CONNWATCH_REQUIRES(mutex_);
  // Returns false if no connection of the client may be closed.
  bool MakeRoomOf(const std::string& client, MonotonicTime now) CONNWATCH_REQUIRES(mutex_);

  const ConnectionLimits limits_;
  mutable Mutex mutex_;
  Id next_id_ CONNWATCH_GUARDED_BY(mutex_) = 1;
  std::map<Id, Connection> connections_ CONNWATCH_GUARDED_BY(mutex_);
  // The connections of each client that are not closing, and how many these are.
  std::unordered_map<std::string, std::set<Id>> open_of_ CONNWATCH_GUARDED_BY(mutex_);
  std::size_t open_ CONNWATCH_GUARDED_BY(mutex_) = 0;
};

}  // namespace connwatch
