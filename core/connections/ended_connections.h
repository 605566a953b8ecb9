// Remembers connections that have ended, as long as the kernel keeps a mini-socket (TIME-WAIT or
// FIN-WAIT-2) in their place. A mini-socket shows neither who opened the connection nor a cookie
// that a poll has seen, so it is recognised by its endpoints. The owner adds only connections whose
// direction a guess would get wrong, now or later, or whose FIN is doubtful. Used by one thread.
//
// A mini-socket also settles whether bytes_received of the ended connection includes the peer's
// FIN. If this host closed first, the destroy event comes as soon as the host's own FIN is
// acknowledged, often before the peer's FIN, and the kernel keeps a mini-socket. If the peer closed
// first, the kernel keeps no socket. So the next full poll shows who closed first.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "core/groups/group_key.h"
#include "core/sockets/socket_record.h"

namespace connwatch {

struct EndedConnection {
  GroupKey key;
  /// bytes_received lacks a byte, if that byte was not the peer's FIN.
  bool is_fin_doubtful = false;

  bool operator==(const EndedConnection&) const = default;
};

class EndedConnections {
 public:
  /// The most connections that are remembered, with about 40 bytes each. For further ones
  /// bytes_received may stay one too low, and the direction of the mini-socket is guessed.
  static constexpr std::size_t kMaxConnections = 200'000;

  EndedConnections();
  ~EndedConnections();
  EndedConnections(const EndedConnections&) = delete;
  EndedConnections& operator=(const EndedConnections&) = delete;

  void Add(const SocketRecord& destroyed, EndedConnection ended);

  /// Returns the connection whose place the mini-socket has taken, and keeps it as long as polls
  /// meet the mini-socket. Its doubt is settled by this call. nullopt if it is not known.
  std::optional<EndedConnection> Meet(const SocketRecord& mini_socket);

  /// Forgets the connection between the same endpoints and returns it. nullopt if there is none.
  std::optional<EndedConnection> Take(const SocketRecord& successor);

  /// Connections of the groups at these places count as kOtherGroup from now on. `is_released` has
  /// an element for each place.
  void Release(const std::vector<bool>& is_released);

  // Call these at the beginning and at the end of a full poll. A complete poll has delivered the
  // mini-sockets of all connections that ended before it began. Those without one are forgotten.
  void BeginPoll();
  void CompletePoll();

 private:
  struct Table;  // keeps the hash map out of this header

  std::unique_ptr<Table> table_;
};

}  // namespace connwatch
