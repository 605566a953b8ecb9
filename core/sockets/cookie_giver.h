// The interface that has the kernel give cookies to sockets. The kernel does so lazily, when
// somebody first asks, and the walk over its table only reads. netlink/ implements it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/base/result.h"
#include "core/sockets/socket_record.h"

namespace connwatch {

/// For sockets of the process's own network namespace. Used by one thread.
class CookieGiver {
 public:
  virtual ~CookieGiver() = default;

  /// Gives cookies to the sockets between the endpoints of `records`, none of which may be a LISTEN
  /// socket, and returns them in the same order. nullopt: there is no such socket any more. Costs a
  /// microsecond or two for each. Does not wait for anything.
  virtual Result<std::vector<std::optional<std::uint64_t>>> GiveTo(
      std::span<const SocketRecord> records) = 0;

  /// Gives cookies to all LISTEN sockets. Costs less than a microsecond for each.
  virtual Result<void> GiveToListeners() = 0;
};

}  // namespace connwatch
