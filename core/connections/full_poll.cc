#include "core/connections/full_poll.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <utility>

namespace connwatch {

FullPoll::FullPoll(AggregationOptions options, ConnectionClassifier& classifier,
                   ConnectionTracker& tracker)
    : options_(std::move(options)),
      classifier_(classifier),
      tracker_(tracker),
      totals_(options_.rtt_bounds) {
  tracker_.TellOfRetransmissions(retransmissions_);
}

void FullPoll::Begin(Instant now) {
  using std::chrono::milliseconds;
  totals_.UseRttBounds(options_.rtt_bounds);
  std::optional<milliseconds> since_previous;
  if (previous_start_) {
    since_previous = std::chrono::duration_cast<milliseconds>(now.monotonic - *previous_start_);
  }
  retransmissions_.Advance(now.monotonic);
  tracker_.BeginPoll(now.monotonic);
  aggregator_.emplace(options_, now.monotonic, since_previous, classifier_, tracker_);
  start_ = now.monotonic;
}

void FullPoll::Add(std::span<const SocketRecord> records, Instant now) {
  tracker_.ContinuePoll(now.monotonic);
  // To read from memory takes about as long as to count this many sockets.
  constexpr std::size_t kNear = 8;
  constexpr std::size_t kFar = 2 * kNear;
  const std::size_t count = records.size();
  for (std::size_t i = 0; i < std::min(kFar, count); ++i) tracker_.PrefetchIndex(records[i].cookie);
  for (std::size_t i = 0; i < std::min(kNear, count); ++i) {
    tracker_.PrefetchConnection(records[i].cookie);
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (i + kFar < count) tracker_.PrefetchIndex(records[i + kFar].cookie);
    if (i + kNear < count) tracker_.PrefetchConnection(records[i + kNear].cookie);
    aggregator_->Add(records[i]);
  }
}

void FullPoll::Complete(Instant now) {
  tracker_.CompletePoll();
  FullPollResult result = std::move(*aggregator_).Finish();
  aggregator_.reset();
  levels_ = std::move(result.levels);
  totals_.Merge(result.observed);
  culprits_ = std::move(result.culprits);
  retransmissions_.List(culprits_, now.monotonic);
  previous_start_ = start_;
  ArrangeGroups();
}

void FullPoll::ArrangeGroups() {
  for (std::size_t place = 0; place < classifier_.places(); ++place) {
    const GroupId id = classifier_.AtPlace(static_cast<std::uint16_t>(place));
    for (const Direction direction : kDirections) {
      if (std::as_const(levels_->groups)[{direction, id}].HasConnections()) classifier_.Meet(id);
    }
  }
  const GroupBook::Rearrangement made = classifier_.Rearrange();
  tracker_.Release(made.released);
  if (made.has_new_groups) tracker_.Regroup();
}

}  // namespace connwatch
