// Connections that have ended, but it is not known yet whether their bytes_received includes the
// peer's FIN. The side that closes first leaves a TIME-WAIT socket. The destroy event of its
// connection comes as soon as its own FIN is acknowledged, often before the peer's FIN. The side
// that closes second leaves nothing. So the next walk of all sockets shows which side a connection
// was on. Used by one thread.
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
  /// bytes_received stays one too low.
  static constexpr std::size_t kMaxConnections = 100'000;

  DoubtfulFins();
  ~DoubtfulFins();
  DoubtfulFins(const DoubtfulFins&) = delete;
  DoubtfulFins& operator=(const DoubtfulFins&) = delete;

  void Add(const SocketRecord& destroyed, GroupKey key);

  /// Forgets the remembered connection between the same endpoints and returns its key. nullopt if
  /// there is none.
  std::optional<GroupKey> Take(const SocketRecord& record);

  // A walk of all sockets. A complete walk has met every TIME-WAIT socket of the connections that
  // ended before it began, so these are then forgotten.
  void BeginPoll();
  void CompletePoll();

 private:
  struct Sets;  // keeps the hash map out of this header

  std::unique_ptr<Sets> sets_;
};

}  // namespace connwatch
