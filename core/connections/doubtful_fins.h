// Connections that have ended and of which it is still open whether their bytes_received holds the
// peer's FIN. The side that closes first leaves a TIME-WAIT socket, and its destroy event comes as
// soon as its own FIN is acknowledged, often before the peer's FIN. The side that closes second
// leaves nothing. So the next walk of all sockets tells them apart. Used by one thread.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include "core/groups/group_key.h"
#include "core/sockets/socket_record.h"

namespace connwatch {

class DoubtfulFins {
 public:
  /// Connections remembered, in some 50 bytes each; of those beyond bytes_received stays one short.
  static constexpr std::size_t kMaxConnections = 100'000;

  DoubtfulFins();
  ~DoubtfulFins();
  DoubtfulFins(const DoubtfulFins&) = delete;
  DoubtfulFins& operator=(const DoubtfulFins&) = delete;

  void Add(const SocketRecord& destroyed, GroupKey key);

  /// The connection between the same endpoints that is remembered, if there is one; it is
  /// forgotten.
  std::optional<GroupKey> Take(const SocketRecord& record);

  // A walk of all sockets. Of what ended before it began, nothing more will be met after it.
  void BeginPoll();
  void CompletePoll();

 private:
  struct Sets;  // keeps the hash map out of this header

  std::unique_ptr<Sets> sets_;
};

}  // namespace connwatch
