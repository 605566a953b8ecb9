// The full tier: polls every TCP socket now and then, a slice at a time, and keeps what the latest
// complete poll found. Time is passed in; the event loop decides when to call.
#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "core/instant.h"
#include "core/poll_health.h"
#include "core/socket_aggregator.h"
#include "core/socket_source.h"

namespace connwatch {

class FullTier {
 public:
  /// A dump that takes longer has failed.
  static constexpr std::chrono::seconds kDumpDeadline{30};

  /// `source` must outlive the tier.
  FullTier(SocketSource& source, AggregationOptions options, std::chrono::milliseconds interval);

  /// Takes effect at the next poll. Other RTT bounds restart the RTT histograms.
  void Reconfigure(AggregationOptions options, std::chrono::milliseconds interval);

  /// Starts a poll; counts an overrun instead if one is in flight. It may have ended at once.
  void Begin(Instant now);

  /// Reads one slice of the poll in flight, about a millisecond's work. The poll has ended when its
  /// last record is read, at an error, or past the deadline.
  void Continue(Instant now);

  /// Books the poll that has ended. A failed one leaves table() and totals() alone.
  void Conclude(Instant now);

  bool IsInFlight() const { return flight_ != nullptr; }
  bool HasEnded() const { return flight_ && flight_->outcome; }
  /// Of a poll in flight that has not ended: becomes readable when Continue has something to do.
  int fd() const;
  /// Of the poll in flight: Continue must be called then at the latest.
  MonotonicTime deadline() const;

  void AddCpu(std::chrono::nanoseconds spent) { health_.AddCpu(spent); }

  const PollHealth& health() const { return health_; }
  /// Absent before the first complete poll.
  const std::optional<SocketTable>& table() const { return table_; }
  const SocketTotals& totals() const { return totals_; }

 private:
  // A poll in flight.
  struct Flight {
    Flight(Instant now, const AggregationOptions& options,
           std::optional<std::chrono::milliseconds> since_previous_poll)
        : started(now), aggregator(options, since_previous_poll) {}

    Instant started;
    SocketAggregator aggregator;
    std::unique_ptr<SocketDump> dump;
    std::optional<Result<void>> outcome;  // present once it has ended
  };

  std::optional<std::chrono::milliseconds> SincePreviousPoll(Instant now) const;
  Result<DumpProgress> ReadSlice();

  SocketSource& source_;
  AggregationOptions options_;
  PollHealth health_;
  std::optional<SocketTable> table_;
  SocketTotals totals_;
  std::optional<MonotonicTime> previous_start_;  // of the latest poll that succeeded
  std::unique_ptr<Flight> flight_;
};

}  // namespace connwatch
