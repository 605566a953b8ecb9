// One tier's polling: opens a dump, reads it a slice at a time, passes each socket once to the
// tier's work and counts how the poll went. Time is passed in; the event loop decides when to call.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>

#include "core/base/cookie_set.h"
#include "core/base/instant.h"
#include "core/polling/poll_health.h"
#include "core/polling/poll_work.h"
#include "core/sockets/socket_source.h"

namespace connwatch {

class TierPoller {
 public:
  /// A dump that takes longer than this has failed.
  static constexpr std::chrono::seconds kDumpDeadline{30};

  /// `source` and `work` must outlive the tier.
  TierPoller(Tier tier, SocketSource& source, PollWork& work, std::chrono::milliseconds interval);

  /// The interval in force; the runner asks for it at each poll.
  void set_interval(std::chrono::milliseconds interval) { health_.set_interval(interval); }

  /// Starts a poll, or counts an overrun if one is in flight. The poll may have ended when this
  /// returns. If `passenger` is present, it is another tier that has no poll in flight, and of
  /// which this tier's dump has all states. Then a poll of that tier begins as well. It has no
  /// dump, but is given the records of this one, and ends with this poll as this poll does.
  void Begin(Instant now, TierPoller* passenger = nullptr);

  /// See SocketSource.
  bool OnePassServesAll() const { return source_.OnePassServesAll(); }

  /// Reads one slice of the poll in flight, about a millisecond's work. The poll has ended when its
  /// last record is read, at an error, or past the deadline.
  void Continue(Instant now);

  /// Records the outcome of the poll that has ended. The work of a failed poll is not completed.
  void Conclude(Instant now);

  bool IsInFlight() const { return flight_.has_value(); }
  bool HasEnded() const { return flight_ && flight_->outcome; }
  /// Only for a poll in flight that has not ended. Becomes readable when Continue has something to
  /// do.
  int fd() const { return flight_->dump->fd(); }
  /// Only for a poll in flight. Continue must be called at this time, even if nothing can be read.
  MonotonicTime deadline() const { return flight_->started.monotonic + kDumpDeadline; }

  void AddCpu(std::chrono::nanoseconds spent) { health_.AddCpu(spent); }
  void RecordLateness(std::chrono::microseconds late) { health_.RecordLateness(late); }

  const PollHealth& health() const { return health_; }

 private:
  // A poll in flight.
  struct Flight {
    Instant started;
    std::unique_ptr<SocketDump> dump = {};
    std::unique_ptr<CookieSet> met = {};  // the sockets so far; absent if the dump repeats none
    std::uint64_t duplicates = 0;
    TierPoller* passenger = nullptr;
    std::optional<Result<void>> outcome = {};  // present once it has ended
  };

  Result<DumpProgress> ReadSlice(Instant now);
  // Passes on the records of the sockets that the dump has not delivered before.
  void PassOn(std::span<const SocketRecord> records, Instant now);
  // Gives new records to the work, and to that of the passenger.
  void Deliver(std::span<const SocketRecord> records, Instant now);
  // Gives the records of states that the work has asked for to it.
  void DeliverAsked(std::span<const SocketRecord> records, Instant now);

  SocketSource& source_;
  PollWork& work_;
  PollHealth health_;
  std::optional<Flight> flight_;
};

}  // namespace connwatch
