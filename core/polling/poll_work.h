// What a tier does with the records of its polls. The tier (monitor/tier_poller.h) knows how to
// poll and when a poll failed; a PollWork knows what the records are for.
#pragma once

#include <span>

#include "core/base/instant.h"
#include "core/sockets/socket_record.h"
#include "core/sockets/socket_source.h"

namespace connwatch {

/// Used by one thread. The caller calls Begin, then Add any number of times, then Complete. If the
/// poll fails, it does not call Complete; the next poll starts with Begin again.
class PollWork {
 public:
  virtual ~PollWork() = default;

  /// Returns what to ask the kernel for. It is the same as long as the object lives.
  virtual DumpQuery Query() const = 0;
  /// A poll starts. Must forget the records of an unfinished poll.
  virtual void Begin(Instant now) = 0;
  /// The next records of the poll, which are being read at `now`. In all calls of a poll together,
  /// each socket comes once.
  virtual void Add(std::span<const SocketRecord> records, Instant now) = 0;
  /// Every record of the poll has been added.
  virtual void Complete(Instant now) = 0;
};

}  // namespace connwatch
