// What /api/v1/sockets answers, in the pieces that it is streamed in: the beginning, each socket,
// the end. Pure; may run on any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "core/base/direction.h"
#include "core/base/instant.h"
#include "core/sockets/socket_details.h"
#include "core/sockets/socket_record.h"

namespace connwatch {

struct FoundSocket {
  SocketRecord record;
  std::optional<SocketDetails> details;  // absent if the kernel gave none
  /// A LISTEN socket has no direction and no group. A connection may be in no group.
  std::optional<Direction> direction;
  std::string group;
  std::string unit;  // empty if it is not known
};

std::string RenderSocketsBegin(WallTime now);
std::string RenderSocket(const FoundSocket& socket, bool is_first);
/// `incomplete_because` must be empty if every matching socket was shown.
std::string RenderSocketsEnd(std::size_t returned, const std::string& incomplete_because);

}  // namespace connwatch
