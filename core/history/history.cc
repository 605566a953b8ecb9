#include "core/history/history.h"

#include <algorithm>
#include <utility>

#include "core/kernel/kernel_rate_meter.h"

namespace connwatch {

namespace {

std::array<std::uint64_t, kTcpStateCount> SumFamilies(const StateCounts& counts) {
  std::array<std::uint64_t, kTcpStateCount> sums{};
  for (const TcpState state : kTcpStates) {
    for (const AddressFamily family : kAddressFamilies) {
      sums.at(IndexOf(state)) += counts.Get(family, state);
    }
  }
  return sums;
}

// The SYN queue of a listener that waits for data (TCP_DEFER_ACCEPT) is long on purpose, so it
// counts as 0.
double SynQueueUtilization(const ListenerStatus& status) {
  if (status.diagnosis.Has(DiagnosisCause::kDeferredAccept)) return 0;
  return status.SynQueueUtilization().value_or(0);
}

ListenerLoad LoadOf(const ListenerList& list) {
  ListenerLoad load;
  for (const Listener& listener : list.listeners) {
    const AcceptQueue& accept = listener.status.accept_queue;
    load.syn_queue_length += listener.status.syn_queue.length;
    load.accept_queue_length += accept.length;
    load.syn_queue_utilization_max =
        std::max(load.syn_queue_utilization_max, SynQueueUtilization(listener.status));
    load.accept_queue_utilization_max =
        std::max(load.accept_queue_utilization_max, accept.Utilization().value_or(0));
  }
  load.syn_queue_length += list.other.syn_queue.length;
  load.accept_queue_length += list.other.accept_queue.length;
  load.accept_queue_utilization_max = std::max(load.accept_queue_utilization_max,
                                               list.other.accept_queue.Utilization().value_or(0));
  return load;
}

ConnectLoad LoadOf(const PendingConnects& pending) {
  ConnectLoad load;
  for (const auto& [id, group] : pending.by_group) {
    load.pending += group.sockets;
    load.retransmitting += group.retransmitting;
  }
  return load;
}

void KeepLarger(std::optional<ListenerLoad>& into, const ListenerLoad& seen) {
  ListenerLoad& load = into ? *into : into.emplace();
  const auto keep = [&](auto ListenerLoad::*number) {
    load.*number = std::max(load.*number, seen.*number);
  };
  keep(&ListenerLoad::syn_queue_length);
  keep(&ListenerLoad::syn_queue_utilization_max);
  keep(&ListenerLoad::accept_queue_length);
  keep(&ListenerLoad::accept_queue_utilization_max);
}

void KeepLarger(std::optional<ConnectLoad>& into, const ConnectLoad& seen) {
  ConnectLoad& load = into ? *into : into.emplace();
  load.pending = std::max(load.pending, seen.pending);
  load.retransmitting = std::max(load.retransmitting, seen.retransmitting);
}

DurationHistogram RttOfAllGroups(const Snapshot& snapshot) {
  DurationHistogram all(snapshot.totals.rtt.prototype().upper_bounds());
  for (const ShownGroup& group : snapshot.groups) {
    for (const Direction direction : kDirections) {
      all.Merge(snapshot.totals.rtt[GroupKey{direction, group.id}]);
    }
  }
  return all;
}

}  // namespace

std::shared_ptr<const RecentHistory> History::Observe(const Snapshot& snapshot, Instant now) {
  ages_.Observe(snapshot.polls, snapshot.paused, now.monotonic);
  DurationHistogram rtt = RttOfAllGroups(snapshot);
  if (!begin_) {
    begin_ = now.monotonic;
    rtt_before_ = rtt;
    BeginRates(snapshot);
  }
  Add(snapshot);
  AddRtt(rtt);
  AddRates(snapshot);
  if (now.monotonic - *begin_ >= RecentHistory::kInterval) {
    Finish(now.monotonic);
    rtt_before_ = std::move(rtt);
    BeginRates(snapshot);
  }
  return MakeHistory(now);
}

void History::Add(const Snapshot& snapshot) {
  const auto is_fresh = [this](Tier tier) {
    const TierAge* age = ages_.Find(tier);
    return age != nullptr && !age->is_stale;
  };
  current_.states.reset();
  if (snapshot.sockets && is_fresh(Tier::kFull)) {
    current_.states = SumFamilies(snapshot.sockets->states);
  }
  if (snapshot.listeners && is_fresh(Tier::kListeners) && is_fresh(Tier::kHandshakes)) {
    KeepLarger(current_.listeners, LoadOf(*snapshot.listeners));
  }
  if (snapshot.pending_connects && is_fresh(Tier::kHandshakes)) {
    KeepLarger(current_.connects, LoadOf(*snapshot.pending_connects));
  }
}

void History::AddRtt(const DurationHistogram& rtt) {
  current_.rtt_median.reset();
  const auto observed = rtt.DeltaSince(*rtt_before_);
  if (!observed) return;
  if (const auto median = observed->Quantile(0.5)) {
    current_.rtt_median = std::chrono::round<std::chrono::microseconds>(*median);
  }
}

void History::BeginRates(const Snapshot& snapshot) {
  if (!snapshot.kernel.counters) return;
  counters_before_ = snapshot.kernel.counters;
  counters_read_ = snapshot.kernel_read;
}

void History::AddRates(const Snapshot& snapshot) {
  current_.rates.reset();
  const auto& counters = snapshot.kernel.counters;
  const std::chrono::nanoseconds span = snapshot.kernel_read - counters_read_;
  if (!counters || !counters_before_ || span < KernelRateMeter::kMinSpan) return;
  const KernelRates rates = KernelRatesBetween(*counters_before_, *counters, span);
  current_.rates = {.segments_retransmitted_per_second = rates[KernelCounterId::kRetransSegs],
                    .attempt_fails_per_second = rates[KernelCounterId::kAttemptFails],
                    .connects_per_second = rates[KernelCounterId::kActiveOpens],
                    .accepts_per_second = rates[KernelCounterId::kPassiveOpens],
                    .listen_drops_per_second = rates[KernelCounterId::kListenDrops]};
}

void History::Finish(MonotonicTime now) {
  kept_.push_back({now, std::exchange(current_, {})});
  begin_ = now;
  while (kept_.size() > kCapacity || kept_.front().end <= now - RecentHistory::kSpan)
    kept_.pop_front();
}

std::shared_ptr<const RecentHistory> History::MakeHistory(Instant now) const {
  auto history = std::make_shared<RecentHistory>();
  history->samples.reserve(kept_.size() + 1);
  for (const Kept& kept : kept_) {
    history->samples.push_back(kept.sample);
    history->samples.back().at = now.WallOf(kept.end);
  }
  if (now.monotonic > *begin_) {
    history->samples.push_back(current_);
    history->samples.back().at = now.wall;
  }
  return history;
}

}  // namespace connwatch
