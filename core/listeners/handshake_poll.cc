#include "core/listeners/handshake_poll.h"

#include <tsl/robin_map.h>

#include <algorithm>
#include <functional>
#include <utility>

namespace connwatch {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kInitialTimeout{1'000};  // kernel: TCP_TIMEOUT_INIT, RFC 6298
constexpr milliseconds kMaxTimeout{120'000};    // kernel: TCP_RTO_MAX

// The wait before retransmission number `index`, from 0.
milliseconds TimeoutBefore(unsigned index, unsigned linear_timeouts) {
  constexpr unsigned kMaxDoublings = 7;  // 128 s
  const unsigned doublings = index > linear_timeouts ? index - linear_timeouts : 0;
  return std::min(kInitialTimeout * (1 << std::min(doublings, kMaxDoublings)), kMaxTimeout);
}

}  // namespace

milliseconds AgeByRetransmissionTimer(unsigned retransmissions, milliseconds timer_expires,
                                      unsigned linear_timeouts) {
  milliseconds age{0};
  for (unsigned i = 0; i < retransmissions; ++i) age += TimeoutBefore(i, linear_timeouts);
  const milliseconds timeout = TimeoutBefore(retransmissions, linear_timeouts);
  return age + std::max(timeout - timer_expires, milliseconds{0});
}

void PendingGroup::Add(const PendingConnect& connect) {
  ++sockets;
  if (connect.retransmissions > 0) ++retransmitting;
  oldest_age = std::max(oldest_age, connect.age);
}

void PendingConnects::KeepOldest(std::size_t most) {
  std::ranges::stable_sort(oldest, std::ranges::greater(), &PendingConnect::age);
  oldest.resize(std::min(oldest.size(), most));
}

// When each pending socket began, as far as is known.
struct HandshakePoll::FirstSight {
  using ByCookie = tsl::robin_map<std::uint64_t, MonotonicTime>;

  explicit FirstSight(std::size_t most) : max_followed(most) {}

  // A socket that was not there at the previous poll began after that poll, whatever its timer
  // says. But if the previous poll had too many sockets to follow, only the timer is known.
  MonotonicTime BeginningOf(const SocketRecord& record, MonotonicTime now, milliseconds by_timer) {
    const auto known = latest.find(record.cookie);
    const bool is_known = known != latest.end();
    const bool is_new = latest.size() < max_followed && previous_poll.has_value();
    const MonotonicTime earliest = is_new ? *previous_poll : now - by_timer;
    const MonotonicTime begin = is_known ? known->second : std::max(now - by_timer, earliest);
    if (next.size() < max_followed) next.emplace(record.cookie, begin);
    return begin;
  }

  const std::size_t max_followed;
  ByCookie latest;
  ByCookie next;  // of the poll in progress; sockets that are gone are not in it
  std::optional<MonotonicTime> previous_poll;
};

HandshakePoll::HandshakePoll(unsigned linear_timeouts, ListenerTracker& listener_tracker,
                             ConnectionClassifier& classifier, const HandshakeLimits& limits)
    : linear_timeouts_(linear_timeouts),
      limits_(limits),
      listener_tracker_(listener_tracker),
      classifier_(classifier),
      first_sight_(std::make_unique<FirstSight>(limits.max_followed)) {}

HandshakePoll::~HandshakePoll() = default;

void HandshakePoll::Begin(Instant now) {
  listener_tracker_.BeginSynQueues();
  start_ = now.monotonic;
  first_sight_->next.clear();
  in_poll_ = {};
  destinations_.Clear();
  for (const auto& [id, group] : pending_.by_group) {
    const bool has_place = classifier_.AtPlace(id.place) == id;
    if (has_place) in_poll_.by_group[id] = {};
  }
}

void HandshakePoll::Add(std::span<const SocketRecord> records, Instant /*now*/) {
  for (const SocketRecord& record : records) {
    if (record.state == TcpState::kSynRecv) AddSynRecv(record);
    if (record.state == TcpState::kSynSent) AddSynSent(record);
  }
}

// kernel: reqsk_timeout(): the SYN-ACK's timer doubles from its first timeout on, it knows no
// linear ones. If a deferred handshake is complete, the timer runs on without retransmissions. The
// age is then known only by following the cookie.
void HandshakePoll::AddSynRecv(const SocketRecord& record) {
  const milliseconds by_timer =
      AgeByRetransmissionTimer(record.retransmissions, record.timer_expires, /*linear_timeouts=*/0);
  const MonotonicTime begin = first_sight_->BeginningOf(record, start_, by_timer);
  listener_tracker_.AddSynRecv(record, std::chrono::duration_cast<milliseconds>(start_ - begin));
}

void HandshakePoll::AddSynSent(const SocketRecord& record) {
  const milliseconds by_timer =
      AgeByRetransmissionTimer(record.retransmissions, record.timer_expires, linear_timeouts_);
  const MonotonicTime begin = first_sight_->BeginningOf(record, start_, by_timer);
  const auto classified = classifier_.Classify(record, Direction::kOutbound);
  const PendingConnect connect{.local = record.local,
                               .remote = record.remote,
                               .retransmissions = record.retransmissions,
                               .age = std::chrono::duration_cast<milliseconds>(start_ - begin),
                               .next_try = record.timer_expires,
                               .group = classified ? classified->key.group : kOtherGroup,
                               .cgroup_id = record.cgroup_id};
  if (classified) in_poll_.by_group[connect.group].Add(connect);
  if (limits_.max_listed == 0) return;
  if (classified) destinations_.Add(connect);
  in_poll_.oldest.push_back(connect);
  // Now and then, so that all of them never need room at once.
  if (in_poll_.oldest.size() >= 2 * limits_.max_listed) in_poll_.KeepOldest(limits_.max_listed);
}

void HandshakePoll::Complete(Instant now) {
  listener_tracker_.CommitSynQueues(now.monotonic);
  in_poll_.KeepOldest(limits_.max_listed);
  destinations_.List(in_poll_);
  pending_ = std::exchange(in_poll_, {});
  first_sight_->latest = std::exchange(first_sight_->next, {});
  first_sight_->previous_poll = start_;
}

}  // namespace connwatch
