#include "core/namespaces/namespace_watch.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "core/connections/socket_levels.h"

namespace connwatch {

namespace {

using std::chrono::milliseconds;

ClassifierOptions WithoutGroups(bool exclude_loopback) {
  return {.groups = {.rules = {}, .group_by = GroupBy::kNone, .max_groups = 0},
          .exclude_loopback = exclude_loopback};
}

ListenerTrackerOptions ListenerOptionsFrom(const NamespaceWatchOptions& options) {
  return {.max_listeners = NamespaceWatch::kMaxShownListeners,
          .max_followed = NamespaceWatch::kMaxFollowedListeners,
          .peak_window = options.peak_window,
          .thresholds = options.thresholds};
}

constexpr GroupKey KeyOf(Direction direction) { return {direction, kOtherGroup}; }

template <typename Counts>
void AddTo(Counts& sum, const Counts& more) {
  std::ranges::transform(sum, more, sum.begin(), std::plus());
}

std::vector<std::uint64_t> OwnersOf(std::span<const SocketRecord> records) {
  SocketOwners owners;
  for (const SocketRecord& record : records) {
    if (record.cgroup_id) owners.Add(*record.cgroup_id);
  }
  return owners.Take();
}

}  // namespace

NamespaceGrowth& NamespaceGrowth::operator+=(const NamespaceGrowth& other) {
  for (const Direction direction : kDirections) {
    traffic.at(IndexOf(direction)) += other.traffic.at(IndexOf(direction));
    handshakes.at(IndexOf(direction)) += other.handshakes.at(IndexOf(direction));
  }
  rtt.count += other.rtt.count;
  rtt.sum += other.rtt.sum;
  drops.refused += other.drops.refused;
  drops.counted += other.drops.counted;
  return *this;
}

NamespaceWatch::NamespaceWatch(const NamespaceWatchOptions& options, NamespaceRoom room,
                               std::optional<MonotonicTime> known_since)
    : listening_(room.listening),
      classifier_(WithoutGroups(options.exclude_loopback), {}),
      ledger_(GroupTraffic({})),
      tracker_(room.connections, classifier_, ledger_),
      listener_tracker_(ListenerOptionsFrom(options)),
      handshake_poll_(/*linear_timeouts=*/0, listener_tracker_, classifier_,
                      {.max_followed = kMaxFollowedHandshakes, .max_listed = 0}),
      previous_full_start_(known_since) {
  // Where ends are told at all, they are told at once.
  tracker_.RememberVanished(0);
  if (known_since) tracker_.StartAfter(*known_since);
}

void NamespaceWatch::UseFacts(const NamespaceFacts& facts, MonotonicTime now) {
  if (facts.ephemeral_ports) classifier_.UseEphemeralRange(*facts.ephemeral_ports);
  handshake_poll_.UseLinearTimeouts(facts.syn_linear_timeouts);
  UseCounters(facts.counters, now);
}

void NamespaceWatch::UseCounters(const KernelCounters& counters, MonotonicTime now) {
  rates_ = counters_ ? RatesBetween(*counters_, counters, now - counters_at_) : HostRates();
  counters_ = counters;
  counters_at_ = now;
  listener_tracker_.drop_attribution().ReadCounter(counters[KernelCounterId::kListenDrops], now);
}

void NamespaceWatch::Begin(Tier tier, Instant now) {
  switch (tier) {
    case Tier::kListeners:
      listening_.Begin();
      listening_start_ = now.monotonic;
      return;
    case Tier::kHandshakes:
      handshake_poll_.Begin(now);
      return;
    case Tier::kFull:
      BeginFull(now.monotonic);
  }
}

void NamespaceWatch::Add(Tier tier, std::span<const SocketRecord> records, Instant now) {
  switch (tier) {
    case Tier::kListeners:
      return;  // see listening()
    case Tier::kHandshakes:
      handshake_poll_.Add(records, now);
      return;
    case Tier::kFull:
      tracker_.ContinuePoll(now.monotonic);
      for (const SocketRecord& record : records) CountSocket(record);
      tracker_.PrefetchNext();
  }
}

void NamespaceWatch::Complete(Tier tier, Instant now) {
  switch (tier) {
    case Tier::kListeners:
      CompleteListeners(now.monotonic);
      return;
    case Tier::kHandshakes:
      handshake_poll_.Complete(now);
      return;
    case Tier::kFull:
      CompleteFull();
  }
}

void NamespaceWatch::CompleteListeners(MonotonicTime now) {
  const std::optional<MonotonicTime> before = std::exchange(listening_at_, now);
  const bool has_changed = listening_.Complete();
  if (!has_changed && listener_tracker_.drop_attribution().Skip()) {
    is_caught_up_ = false;
    return;
  }
  // All queues were as they had been until the poll before.
  if (!is_caught_up_ && before) listener_tracker_.RepeatAcceptQueues(*before);
  listener_tracker_.UpdateAcceptQueues(listening_.records(), now);
  listener_tracker_.NoteLeftOut(listening_.left_out());
  TellOfListeners();
  if (owners_.empty()) owners_ = OwnersOf(listening_.records());
  is_caught_up_ = true;
}

void NamespaceWatch::TellOfListeners() {
  for (const SocketRecord& record : listening_.records()) {
    classifier_.AddListener(record, *listening_at_);
  }
  classifier_.CompleteListeners(listening_start_);
  tracker_.BookUndecided();
}

void NamespaceWatch::BeginFull(MonotonicTime now) {
  full_start_ = now;
  since_previous_.reset();
  if (previous_full_start_) {
    since_previous_ = std::chrono::duration_cast<milliseconds>(now - *previous_full_start_);
  }
  states_in_poll_ = {};
  rtt_in_poll_ = {};
  owners_in_poll_ = {};
  tracker_.BeginPoll(now);
}

void NamespaceWatch::CountSocket(const SocketRecord& record) {
  ++states_in_poll_.at(IndexOf(record.state));
  if (record.cgroup_id) owners_in_poll_.Add(*record.cgroup_id);
  if (record.state == TcpState::kListen) {
    classifier_.AddListener(record, full_start_);
    return;
  }
  if (!tracker_.Observe(record)) return;
  if (const auto rtt = FreshRtt(record, since_previous_)) {
    ++rtt_in_poll_.count;
    rtt_in_poll_.sum += *rtt;
  }
}

void NamespaceWatch::CompleteFull() {
  tracker_.CompletePoll();
  states_ = states_in_poll_;
  owners_ = owners_in_poll_.Take();
  rtt_.count += rtt_in_poll_.count;
  rtt_.sum += rtt_in_poll_.sum;
  std::uint64_t connections = 0;
  for (const TcpState state : kTcpStates) {
    if (state != TcpState::kListen) connections += states_->at(IndexOf(state));
  }
  const std::chrono::duration<double> elapsed = since_previous_.value_or(milliseconds(0));
  const double kept = std::exp(-elapsed / kLoadMemory);
  load_ = kept * load_ + (1 - kept) * static_cast<double>(connections);
  previous_full_start_ = full_start_;
}

void NamespaceWatch::Diagnose(MonotonicTime now) {
  if (!is_caught_up_) {
    listener_tracker_.RepeatAcceptQueues(*listening_at_);
    TellOfListeners();
    is_caught_up_ = true;
  }
  listener_tracker_.Diagnose(rates_, now);
}

const PendingGroup& NamespaceWatch::Pending() const {
  return handshake_poll_.pending().by_group.at(kOtherGroup);
}

NamespaceCounts NamespaceWatch::Levels(MonotonicTime now) const {
  return {.states = states_,
          .listeners = listener_tracker_.List(now),
          .pending = Pending(),
          .traffic = {},
          .rtt = {},
          .handshakes = {}};
}

void NamespaceWatch::AddLevels(NamespaceCounts& sum, MonotonicTime now) const {
  if (states_) {
    if (!sum.states) sum.states.emplace();
    AddTo(*sum.states, *states_);
  }
  const PendingGroup& pending = Pending();
  sum.pending.sockets += pending.sockets;
  sum.pending.retransmitting += pending.retransmitting;
  sum.pending.oldest_age = std::max(sum.pending.oldest_age, pending.oldest_age);
  const QueueSums listeners = listener_tracker_.Sum(now);
  ListenerStatus& other = sum.listeners.other;
  other.accept_queue.Merge(listeners.accept_queue);
  other.accept_queue.peak = std::max(other.accept_queue.peak, listeners.accept_queue.peak);
  other.accept_queue.peak_utilization =
      std::max(other.accept_queue.peak_utilization, listeners.accept_queue.peak_utilization);
  other.syn_queue.length += listeners.syn_queue.length;
  other.syn_queue.retransmitting += listeners.syn_queue.retransmitting;
  other.syn_queue.peak = std::max(other.syn_queue.peak, listeners.syn_queue.peak);
  sum.listeners.folded += listeners.listeners;
  sum.listeners.folded_in_trouble += listener_tracker_.in_trouble();
}

NamespaceGrowth NamespaceWatch::TakeGrowth() {
  NamespaceGrowth growth{.traffic = {},
                         .rtt = std::exchange(rtt_, {}),
                         .drops = listener_tracker_.TakeNewDrops(),
                         .handshakes = std::exchange(handshakes_, {})};
  for (const Direction direction : kDirections) {
    ConnectionUsage& usage = ledger_[KeyOf(direction)].usage;
    growth.traffic.at(IndexOf(direction)) = std::exchange(usage, {});
  }
  return growth;
}

}  // namespace connwatch
