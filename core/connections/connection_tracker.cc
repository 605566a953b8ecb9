#include "core/connections/connection_tracker.h"

#include <tsl/robin_set.h>

#include <algorithm>
#include <limits>

namespace connwatch {

namespace {

using std::chrono::milliseconds;

// Whole milliseconds, at most as many as fit: 49 days.
std::uint32_t InMilliseconds(std::chrono::microseconds duration) {
  const auto count = std::chrono::duration_cast<milliseconds>(duration).count();
  constexpr auto kMax = std::numeric_limits<std::uint32_t>::max();
  return static_cast<std::uint32_t>(std::clamp<milliseconds::rep>(count, 0, kMax));
}

// Returns how much `now` is more than `before`, else 0: the kernel's counters never go back, but a
// row of a walk may be old.
template <typename T>
T Growth(T now, T before) {
  return now > before ? now - before : T{};
}

// The kernel counts segments in 32 bits, which wrap.
std::uint64_t SegmentGrowth(std::uint64_t now, std::uint64_t before) {
  const auto growth = static_cast<std::uint32_t>(now - before);
  return growth <= std::numeric_limits<std::uint32_t>::max() / 2 ? growth : 0;
}

ConnectionUsage Remembered(const TrackedConnection& connection) {
  return {.bytes_sent = connection.bytes_sent,
          .bytes_received = connection.bytes_received,
          .segments_sent = connection.segments_sent,
          .segments_retransmitted = connection.segments_retransmitted,
          .busy = milliseconds(connection.busy_ms),
          .rwnd_limited = milliseconds(connection.rwnd_limited_ms),
          .sndbuf_limited = milliseconds(connection.sndbuf_limited_ms)};
}

ConnectionUsage GrowthOf(const ConnectionUsage& now, const ConnectionUsage& before) {
  return {.bytes_sent = Growth(now.bytes_sent, before.bytes_sent),
          .bytes_received = Growth(now.bytes_received, before.bytes_received),
          .segments_sent = SegmentGrowth(now.segments_sent, before.segments_sent),
          .segments_retransmitted =
              SegmentGrowth(now.segments_retransmitted, before.segments_retransmitted),
          .busy = Growth(now.busy, before.busy),
          .rwnd_limited = Growth(now.rwnd_limited, before.rwnd_limited),
          .sndbuf_limited = Growth(now.sndbuf_limited, before.sndbuf_limited)};
}

void Remember(TrackedConnection& connection, const ConnectionUsage& usage) {
  connection.bytes_sent = usage.bytes_sent;
  connection.bytes_received = usage.bytes_received;
  connection.segments_sent = static_cast<std::uint32_t>(usage.segments_sent);
  connection.segments_retransmitted = static_cast<std::uint32_t>(usage.segments_retransmitted);
  connection.busy_ms = InMilliseconds(usage.busy);
  connection.rwnd_limited_ms = InMilliseconds(usage.rwnd_limited);
  connection.sndbuf_limited_ms = InMilliseconds(usage.sndbuf_limited);
}

// True iff the kernel cleared the peer's address and all counters before it reported the end.
bool IsBlank(const SocketRecord& destroyed) { return destroyed.remote.port == 0; }

// The next sequence number of a disconnected socket is far ahead of the acknowledged one. A
// listener and a socket that was never used have neither number.
bool WasNeverConnected(const SocketRecord& destroyed) {
  return IsBlank(destroyed) && destroyed.send_queue == 0;
}

}  // namespace

struct ConnectionTracker::Tombstones {
  tsl::robin_set<std::uint64_t> cookies;
};

ConnectionTracker::ConnectionTracker(std::size_t max_connections, ConnectionClassifier& classifier,
                                     TrafficLedger& ledger)
    : max_connections_(max_connections),
      classifier_(classifier),
      ledger_(ledger),
      tombstones_(std::make_unique<Tombstones>()) {}

ConnectionTracker::~ConnectionTracker() = default;

void ConnectionTracker::BeginPoll(MonotonicTime now) {
  is_polling_ = true;
  start_ = now;
  latest_place_ = ConnectionTable::kNowhere;
  left_out_in_poll_ = 0;
  tombstones_->cookies.clear();  // the walk that starts now cannot meet those sockets
  doubtful_fins_.BeginPoll();
}

std::optional<GroupKey> ConnectionTracker::Observe(const SocketRecord& record) {
  const bool is_gone =
      !tombstones_->cookies.empty() && tombstones_->cookies.contains(record.cookie);
  if (!record.tcp_info) MeetMiniSocket(record);
  if (!record.tcp_info || is_gone) return KeyOf(record);
  const Place place = table_.Find(record.cookie, latest_place_);
  if (place == ConnectionTable::kNowhere) return Enter(record);
  latest_place_ = place;
  TrackedConnection& connection = table_.At(place);
  if (connection.generation != generation_) {
    Assign(connection, classifier_.Classify(record).value_or(Classification{}));
  }
  Update(connection, SureUsageOf(record, connection.direction));
  connection.state = record.state;
  connection.seen_in_poll = poll_number_;
  return GroupKey{connection.direction, connection.group};
}

std::optional<GroupKey> ConnectionTracker::KeyOf(const SocketRecord& record) {
  const auto classified = classifier_.Classify(record);
  return classified ? std::optional(classified->key) : std::nullopt;
}

void ConnectionTracker::Assign(TrackedConnection& connection, const Classification& classified) {
  connection.group = classified.key.group;
  connection.generation = classified.is_final ? generation_ : !generation_;
}

std::optional<GroupKey> ConnectionTracker::Enter(const SocketRecord& record) {
  const auto classified = classifier_.Classify(record);
  if (!classified) return std::nullopt;
  const GroupKey key = classified->key;
  const bool is_baseline = !previous_start_;
  if (table_.size() >= max_connections_) {
    ++left_out_in_poll_;
    if (is_baseline) left_out_of_baseline_ = std::max(left_out_of_baseline_, record.cookie);
    return key;
  }
  MeetSuccessor(record);
  latest_place_ = table_.Insert(record.cookie);
  TrackedConnection& connection = table_.At(latest_place_);
  Assign(connection, *classified);
  connection.direction = key.direction;
  connection.state = record.state;
  connection.seen_in_poll = poll_number_;
  // Of a connection that was open before, only what it moves from now on is counted.
  const bool is_old = is_baseline || record.cookie <= left_out_of_baseline_ ||
                      (record.state != TcpState::kSynSent && IsOlderThanThePreviousPoll(record));
  Remember(connection,
           is_old ? UsageOf(record, key.direction) : SureUsageOf(record, key.direction));
  if (!is_old) ledger_[key].usage += Remembered(connection);
  return key;
}

void ConnectionTracker::Update(TrackedConnection& connection, const ConnectionUsage& usage) {
  const ConnectionUsage before = Remembered(connection);
  const ConnectionUsage growth = GrowthOf(usage, before);
  ConnectionUsage after = before;
  after += growth;
  Remember(connection, after);
  // What was rounded off is added later.
  const ConnectionUsage booked = GrowthOf(Remembered(connection), before);
  ledger_[{connection.direction, connection.group}].usage += booked;
}

// A walk can miss a socket. If a socket is met for the first time, but has been silent since before
// the latest complete poll began, it must have existed then.
bool ConnectionTracker::IsOlderThanThePreviousPoll(const SocketRecord& record) const {
  constexpr std::chrono::seconds kSlack{1};  // the walk takes time, and so did the one before
  const auto slack = std::max<std::chrono::nanoseconds>(kSlack, 2 * previous_duration_);
  return record.tcp_info && record.tcp_info->idle &&
         *record.tcp_info->idle > start_ - *previous_start_ + slack;
}

void ConnectionTracker::CompletePoll(MonotonicTime now) {
  RetireVanished();
  stats_.left_out = left_out_in_poll_;
  previous_start_ = start_;
  previous_duration_ = now - start_;
  ++poll_number_;
  is_polling_ = false;
  tombstones_->cookies.clear();
  doubtful_fins_.CompletePoll();
}

void ConnectionTracker::RetireVanished() {
  constexpr std::uint8_t kPollsMissed = 2;
  for (Place place = 0; place < table_.end(); ++place) {
    TrackedConnection& connection = table_.At(place);
    if (connection.cookie == 0 || connection.is_retired) continue;
    const auto missed = static_cast<std::uint8_t>(poll_number_ - connection.seen_in_poll);
    if (missed < kPollsMissed) continue;
    // It stays in the table, because its descriptor may still be open and its event may come later.
    connection.is_retired = true;
    ++retired_;
    ++stats_.ended[IndexOf(EndCause::kVanished)];
    const bool was_established = connection.state != TcpState::kSynSent;
    if (was_established) ++ledger_[{connection.direction, connection.group}].closed;
  }
  constexpr std::size_t kMaxRetired = 65'536;
  if (retired_ > kMaxRetired) ForgetRetired();
}

void ConnectionTracker::ForgetRetired() {
  for (Place place = 0; place < table_.end(); ++place) {
    if (table_.At(place).is_retired) table_.Erase(place);
  }
  retired_ = 0;
  has_forgotten_ = true;
}

void ConnectionTracker::OnDestroyed(const SocketRecord& record, MonotonicTime now) {
  if (is_polling_) tombstones_->cookies.insert(record.cookie);
  const Place place = table_.Find(record.cookie);
  if (place == ConnectionTable::kNowhere) {
    EndUnknown(record, now);
  } else {
    EndKnown(place, record);
  }
}

void ConnectionTracker::EndKnown(Place place, const SocketRecord& record) {
  TrackedConnection& connection = table_.At(place);
  const GroupKey key{connection.direction, connection.group};
  const bool has_final_values = !IsBlank(record) && record.tcp_info && record.tcp_info->traffic;
  if (has_final_values) {
    BookFinal(record, key, Remembered(connection), connection.state);
  }
  const bool was_established = connection.state != TcpState::kSynSent;
  if (connection.is_retired) {
    --retired_;  // counted when it vanished
  } else if (!has_final_values) {
    ++stats_.ended[IndexOf(EndCause::kDisconnected)];
    if (was_established) ++ledger_[key].closed;
  } else {
    Close(key, *record.tcp_info, was_established);
  }
  table_.Erase(place);
}

void ConnectionTracker::EndUnknown(const SocketRecord& record, MonotonicTime now) {
  if (!previous_start_ || WasNeverConnected(record)) return;
  if (IsBlank(record)) {
    ++stats_.ended[IndexOf(EndCause::kDisconnected)];
    return;
  }
  if (!record.tcp_info || !record.tcp_info->traffic) return;
  const bool may_have_been_forgotten =
      has_forgotten_ && record.tcp_info->idle && *record.tcp_info->idle > now - *previous_start_;
  if (may_have_been_forgotten) return;
  const auto key = KeyOf(record);
  if (!key) return;
  const bool is_counted = record.cookie > left_out_of_baseline_;
  if (is_counted) BookFinal(record, *key, {}, TcpState::kEstablished);
  Close(*key, *record.tcp_info, false);
}

void ConnectionTracker::BookFinal(const SocketRecord& record, GroupKey key,
                                  const ConnectionUsage& before, TcpState last_seen) {
  MeetSuccessor(record);
  const TcpTraffic& traffic = *record.tcp_info->traffic;
  const PeerFin peer_fin = PeerFinOf(record, key.direction, last_seen);
  ledger_[key].usage += GrowthOf(FinalUsageOf(traffic, key.direction, peer_fin), before);
  const bool is_byte_left_out = traffic.bytes_received > before.bytes_received;
  if (peer_fin == PeerFin::kDoubtful && is_byte_left_out) doubtful_fins_.Add(record, key);
}

void ConnectionTracker::MeetMiniSocket(const SocketRecord& record) {
  const bool is_of_first_closer =
      record.state == TcpState::kTimeWait || record.state == TcpState::kFinWait2;
  if (!is_of_first_closer) return;
  if (const auto key = doubtful_fins_.Take(record)) ++ledger_[*key].usage.bytes_received;
}

// `record` may use the endpoints of an earlier connection again. The side that connects chose the
// ports, so it has no TIME-WAIT socket there. Therefore the other side closed the earlier
// connection first.
void ConnectionTracker::MeetSuccessor(const SocketRecord& record) {
  const auto key = doubtful_fins_.Take(record);
  if (key && key->direction == Direction::kInbound) ++ledger_[*key].usage.bytes_received;
}

void ConnectionTracker::Close(GroupKey key, const TcpInfo& final_info, bool was_established) {
  if (!was_established && !WasEstablished(*final_info.traffic, key.direction)) {
    ++stats_.ended[IndexOf(EndCause::kNotEstablished)];
    return;
  }
  ++stats_.ended[IndexOf(EndCause::kComplete)];
  GroupTraffic& traffic = ledger_[key];
  ++traffic.closed;
  if (final_info.rtt) traffic.closed_rtt.Observe(*final_info.rtt);
  if (final_info.min_rtt) traffic.closed_min_rtt.Observe(*final_info.min_rtt);
}

TrackerStats ConnectionTracker::stats() const {
  TrackerStats stats = stats_;
  stats.tracked = table_.size() - retired_;
  return stats;
}

}  // namespace connwatch
