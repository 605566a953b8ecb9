// What a tier does with the records of its polls. The tier (monitor/tier_poller.h) knows how to
// poll and when a poll failed; a PollWork knows what for.
#pragma once

#include <span>

#include "core/base/instant.h"
#include "core/sockets/socket_record.h"
#include "core/sockets/socket_source.h"

namespace connwatch {

/// Used by one thread. Begin, any number of Add, then Complete; or Begin again, if the poll failed.
class PollWork {
 public:
  virtual ~PollWork() = default;

  /// What to ask the kernel for. The same for the object's life.
  virtual DumpQuery Query() const = 0;
  /// A poll starts: forget whatever an unfinished one brought.
  virtual void Begin(Instant now) = 0;
  virtual void Add(std::span<const SocketRecord> records) = 0;
  /// Every record of the poll has been added.
  virtual void Complete(Instant now) = 0;
};

}  // namespace connwatch
