// Remembers ended connections of which it is not known yet whether bytes_received includes the
// peer's FIN. If this host closed first, the destroy event comes as soon as the host's own FIN is
// acknowledged, often before the peer's FIN, and the kernel keeps a mini-socket in FIN-WAIT-2 or
// TIME-WAIT. If the peer closed first, the kernel keeps no socket. So the next full poll shows who
// closed first. Used by one thread.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include "core/groups/group_key.h"
#include "core/sockets/socket_record.h"

namespace connwatch {

class DoubtfulFins {
 public:
  /// The most connections that are remembered, with about 50 bytes each. For further ones
  /// bytes_received may stay one too low.
  static constexpr std::size_t kMaxConnections = 100'000;

  DoubtfulFins();
  ~DoubtfulFins();
  DoubtfulFins(const DoubtfulFins&) = delete;
  DoubtfulFins& operator=(const DoubtfulFins&) = delete;

  void Add(const SocketRecord& destroyed, GroupKey key);

  /// Forgets the remembered connection between the same endpoints and returns its key. nullopt if
  /// there is none.
  std::optional<GroupKey> Take(const SocketRecord& record);

  // Call these at the beginning and at the end of a full poll. A complete poll has delivered the
  // mini-sockets of all connections that ended before it began, so these connections are then
  // forgotten.
  void BeginPoll();
  void CompletePoll();

 private:
  struct Sets;  // keeps the hash map out of this header

  std::unique_ptr<Sets> sets_;
};

}  // namespace connwatch
