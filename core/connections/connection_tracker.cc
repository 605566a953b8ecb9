#include "core/connections/connection_tracker.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/sockets/opener_evidence.h"

namespace connwatch {

namespace {

using std::chrono::milliseconds;

// Whole milliseconds, at most as many as fit: 49 days.
std::uint32_t InMilliseconds(std::chrono::microseconds duration) {
  const auto count = std::chrono::duration_cast<milliseconds>(duration).count();
  constexpr auto kMax = std::numeric_limits<std::uint32_t>::max();
  return static_cast<std::uint32_t>(std::clamp<milliseconds::rep>(count, 0, kMax));
}

// Returns how much `now` is more than `before`, else 0: what was booked is never taken back, even
// if SYN or FIN prove to be among it.
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

// What is in the ledger: all that is remembered, but nothing as long as it waits to be booked.
ConnectionUsage Booked(const TrackedConnection& connection) {
  return connection.polls_to_wait == 0 ? Remembered(connection) : ConnectionUsage();
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

// Returns true iff `now` belongs to a later connection of the same socket. kernel: tcp_disconnect()
// sets the counters to 0. An application reaches it by connect(2) with AF_UNSPEC, or by a connect
// that fails. A later connection that has already moved more than the one before is not recognised.
bool IsLaterConnection(const TrackedConnection& before, const SocketRecord& now) {
  if (now.state == TcpState::kSynSent && before.state != TcpState::kSynSent) return true;
  if (!now.tcp_info || !now.tcp_info->traffic) return false;
  const TcpTraffic& traffic = *now.tcp_info->traffic;
  return static_cast<std::int32_t>(traffic.segments_sent - before.segments_sent) < 0 ||
         traffic.bytes_acked < before.bytes_sent || traffic.bytes_received < before.bytes_received;
}

Opener HintOf(Direction direction) {
  return direction == Direction::kInbound ? Opener::kHintedInbound : Opener::kHintedOutbound;
}

// True iff the kernel cleared the peer's address and all counters before it reported the end.
bool IsBlank(const SocketRecord& destroyed) { return destroyed.remote.port == 0; }

// The next sequence number of a disconnected socket is far ahead of the acknowledged one. A
// listener and a socket that was never used have neither number.
bool WasNeverConnected(const SocketRecord& destroyed) {
  return IsBlank(destroyed) && destroyed.send_queue == 0;
}

}  // namespace

ConnectionTracker::ConnectionTracker(Allowance& room, ConnectionClassifier& classifier,
                                     TrafficLedger& ledger)
    : classifier_(classifier), ledger_(ledger), table_(room) {}

std::optional<GroupKey> ConnectionTracker::Classify(const SocketRecord& record) {
  const auto classified = classifier_.Classify(record, classifier_.DirectionOf(record));
  return classified ? std::optional(classified->key) : std::nullopt;
}

void ConnectionTracker::BeginPoll(MonotonicTime now) {
  start_ = reading_ = now;
  latest_place_ = ConnectionTable::kNowhere;
  left_out_in_poll_ = 0;
  destroyed_in_poll_.emplace();  // the walk that starts now cannot meet earlier ones
  ended_.BeginPoll();
  classifier_.BeginFullPoll(now);
}

std::optional<GroupKey> ConnectionTracker::Observe(const SocketRecord& record) {
  const bool is_gone = destroyed_in_poll_ && destroyed_in_poll_->Contains(record.cookie);
  const bool is_mini_socket = !record.tcp_info && (record.state == TcpState::kTimeWait ||
                                                   record.state == TcpState::kFinWait2);
  if (is_mini_socket) return MeetMiniSocket(record);
  if (!record.tcp_info || is_gone) return Classify(record);
  const Place place = table_.Find(record.cookie, latest_place_);
  if (place == ConnectionTable::kNowhere) return Enter(record);
  is_in_order_ = ConnectionTable::IsAtHand(place, latest_place_);
  latest_place_ = place;
  TrackedConnection& connection = table_.At(place);
  if (IsLaterConnection(connection, record)) Restart(connection);
  Judge(connection, record);
  if (!connection.is_grouped) {
    const auto classified = classifier_.Classify(record, connection.direction, {.is_polled = true});
    Assign(connection, classified.value_or(Classification{}));
  }
  Update(connection, record);
  connection.seen_in_poll = poll_number_ % TrackedConnection::kPollNumbers;
  return KeyOf(connection);
}

// Proof replaces a guess. Evidence that is no proof must be shown by two polls. As long as nothing
// is booked, a later guess, which may know more listeners, replaces the one before.
void ConnectionTracker::Judge(TrackedConnection& connection, const SocketRecord& record) const {
  if (connection.opener == Opener::kProven) return;
  Direction direction = connection.direction;
  const OpenerEvidence evidence = EvidenceOf(record);
  if (evidence.direction) {
    const Opener hint = HintOf(*evidence.direction);
    const bool is_proof = evidence.is_proof || connection.opener == hint;
    connection.opener = is_proof ? Opener::kProven : hint;
  }
  if (connection.opener == Opener::kProven) {
    direction = *evidence.direction;
  } else if (connection.polls_to_wait > 0) {
    direction = Guess(connection, record).direction;
  }
  if (direction == connection.direction) return;
  connection.direction = direction;
  connection.is_grouped = false;
}

// What one poll has shown decides before the ports do.
DirectionGuess ConnectionTracker::Guess(const TrackedConnection& connection,
                                        const SocketRecord& record) const {
  const DirectionGuess guess = classifier_.Guess(record);
  if (guess.basis == GuessBasis::kListener) return guess;
  switch (connection.opener) {
    case Opener::kHintedInbound:
      return {Direction::kInbound, GuessBasis::kHint};
    case Opener::kHintedOutbound:
      return {Direction::kOutbound, GuessBasis::kHint};
    case Opener::kGuessed:
    case Opener::kProven:
      break;
  }
  return guess;
}

void ConnectionTracker::Assign(TrackedConnection& connection, const Classification& classified) {
  connection.group = classified.key.group.place;
  connection.is_grouped = classified.is_final;
}

std::optional<GroupKey> ConnectionTracker::Enter(const SocketRecord& record) {
  TrackedConnection met;
  Judge(met, record);
  const auto classified =
      classifier_.Classify(record, met.direction, {.is_new = true, .is_polled = true});
  if (!classified) return std::nullopt;
  const GroupKey key = classified->key;
  const Place place = table_.Insert(record.cookie);
  if (place == ConnectionTable::kNowhere) {
    ++left_out_in_poll_;
    const bool is_baseline = !previous_start_;
    if (is_baseline) left_out_of_baseline_.Insert(record.cookie);
    return key;
  }
  MeetSuccessor(record);
  latest_place_ = place;
  TrackedConnection& connection = table_.At(place);
  connection.direction = met.direction;
  connection.opener = met.opener;
  Assign(connection, *classified);
  connection.state = record.state;
  connection.seen_in_poll = poll_number_ % TrackedConnection::kPollNumbers;
  if (IsOld(record)) {
    Remember(connection, UsageOf(record, key.direction));
    connection.polls_to_wait = 0;
  } else {
    Update(connection, record);
  }
  return key;
}

// Of a connection that was open before, only what it moves from now on is counted.
bool ConnectionTracker::IsOld(const SocketRecord& record) const {
  return !previous_start_ || left_out_of_baseline_.Contains(record.cookie) ||
         (record.state != TcpState::kSynSent && IsOlderThanThePreviousPoll(record));
}

// The socket has ended a connection without an event and has begun another one.
void ConnectionTracker::Restart(TrackedConnection& connection) {
  WaitNoLonger(connection);
  if (connection.is_retired) {
    --retired_;  // counted when it vanished
  } else {
    ++stats_.ended[IndexOf(EndCause::kDisconnected)];
    if (connection.state != TcpState::kSynSent) ++ledger_[KeyOf(connection)].closed;
  }
  const std::uint64_t cookie = connection.cookie;
  connection = TrackedConnection();
  connection.cookie = cookie;
}

void ConnectionTracker::Update(TrackedConnection& connection, const SocketRecord& record) {
  connection.state = record.state;
  const ConnectionUsage usage = SureUsageOf(record, connection.direction);
  if (connection.polls_to_wait > 0) {
    Remember(connection, usage);
    if (connection.opener == Opener::kProven) {
      connection.polls_to_wait = 0;
    } else {
      --connection.polls_to_wait;
    }
    Book(record, KeyOf(connection), Booked(connection));
    return;
  }
  const ConnectionUsage before = Remembered(connection);
  const ConnectionUsage growth = GrowthOf(usage, before);
  const bool is_idle = growth == ConnectionUsage();
  if (is_idle) return;
  ConnectionUsage after = before;
  after += growth;
  Remember(connection, after);
  // What was rounded off is added later.
  Book(record, KeyOf(connection), GrowthOf(Remembered(connection), before));
}

// The connection has ended, and no record will tell more of it.
void ConnectionTracker::WaitNoLonger(TrackedConnection& connection) {
  if (connection.polls_to_wait > 0) ledger_[KeyOf(connection)].usage += Remembered(connection);
  connection.polls_to_wait = 0;
}

void ConnectionTracker::Book(const SocketRecord& record, GroupKey key,
                             const ConnectionUsage& growth) {
  ledger_[key].usage += growth;
  if (retransmissions_ != nullptr && growth.segments_retransmitted > 0) {
    retransmissions_->Add(key, record, growth.segments_retransmitted);
  }
  const std::uint64_t bytes = growth.bytes_sent + growth.bytes_received;
  if (key.group == kOtherGroup && bytes > 0) {
    classifier_.AddFoldedTraffic(record, key.direction, bytes);
  }
}

// A walk can miss a socket. If a socket is met for the first time, but has been silent since before
// the latest complete poll began, it must have existed then.
bool ConnectionTracker::IsOlderThanThePreviousPoll(const SocketRecord& record) const {
  constexpr std::chrono::seconds kSlack{2};  // between the reading of the clock and of the record
  return record.tcp_info && record.tcp_info->idle &&
         *record.tcp_info->idle > reading_ - *previous_start_ + kSlack;
}

void ConnectionTracker::CompletePoll() {
  RetireVanished();
  BookUndecidedUntil(start_);  // the poll has met every listener
  stats_.left_out = left_out_in_poll_;
  previous_start_ = start_;
  if (reading_ >= late_.end + kEventDelay) {
    early_ = late_;
    late_ = {start_, reading_};
  }
  poll_number_ = (poll_number_ + 1) % TrackedConnection::kPollNumbers;
  destroyed_in_poll_.reset();
  ended_.CompletePoll();
}

void ConnectionTracker::RetireVanished() {
  constexpr unsigned kPollsMissed = 2;
  for (Place place = 0; place < table_.end(); ++place) {
    TrackedConnection& connection = table_.At(place);
    if (connection.cookie == 0 || connection.is_retired) continue;
    const unsigned missed =
        (poll_number_ - connection.seen_in_poll) % TrackedConnection::kPollNumbers;
    if (missed < kPollsMissed) continue;
    // It stays in the table, because its descriptor may still be open and its event may come later.
    connection.is_retired = true;
    ++retired_;
    ++stats_.ended[IndexOf(EndCause::kVanished)];
    WaitNoLonger(connection);
    const bool was_established = connection.state != TcpState::kSynSent;
    if (was_established) ++ledger_[KeyOf(connection)].closed;
  }
  if (retired_ > max_retired_) ForgetRetired();
}

void ConnectionTracker::ForgetRetired() {
  for (Place place = 0; place < table_.end(); ++place) {
    if (table_.At(place).is_retired) table_.Erase(place);
  }
  retired_ = 0;
  has_forgotten_ = true;
}

void ConnectionTracker::OnDestroyed(const SocketRecord& record, MonotonicTime now) {
  if (destroyed_in_poll_) destroyed_in_poll_->Insert(record.cookie);
  const Place place = table_.Find(record.cookie);
  if (place == ConnectionTable::kNowhere) {
    EndUnknown(record, now);
  } else {
    EndKnown(place, record);
  }
}

void ConnectionTracker::EndKnown(Place place, const SocketRecord& record) {
  TrackedConnection& connection = table_.At(place);
  const bool has_final_values = !IsBlank(record) && record.tcp_info && record.tcp_info->traffic;
  if (has_final_values) {
    const bool is_later = IsLaterConnection(connection, record);
    if (is_later) Restart(connection);
    const Direction before = connection.direction;
    Judge(connection, record);
    if (is_later || connection.direction != before) {
      const auto classified = classifier_.Classify(record, connection.direction);
      Assign(connection, classified.value_or(Classification{}));
    }
    BookFinal(record, KeyOf(connection), Booked(connection), connection.state);
  } else {
    WaitNoLonger(connection);
  }
  if (connection.opener != Opener::kProven) {
    ++stats_.guessed[IndexOf(Guess(connection, record).basis)];
  }
  const bool was_established = connection.state != TcpState::kSynSent;
  const GroupKey key = KeyOf(connection);
  if (connection.is_retired) {
    --retired_;  // counted when it vanished
  } else if (!has_final_values) {
    ++stats_.ended[IndexOf(EndCause::kDisconnected)];
    if (was_established) ++ledger_[key].closed;
  } else {
    Close(key, record, was_established);
  }
  table_.Erase(place);
}

void ConnectionTracker::EndUnknown(const SocketRecord& record, MonotonicTime now) {
  if (WasNeverConnected(record)) {
    // A listener, of which a poll may not have known, unless it is a socket that was only bound.
    if (record.local.port != 0) classifier_.AddListener(record, now);
    return;
  }
  if (!previous_start_) return;
  if (IsBlank(record)) {
    ++stats_.ended[IndexOf(EndCause::kDisconnected)];
    return;
  }
  if (!record.tcp_info || !record.tcp_info->traffic) return;
  const bool may_have_been_forgotten =
      has_forgotten_ && record.tcp_info->idle && *record.tcp_info->idle > now - *previous_start_;
  if (may_have_been_forgotten) return;
  if (const auto shown = EvidenceOf(record).direction) {
    EndAs(*shown, record);
    return;
  }
  const MonotonicTime begun_after = BegunAfter(now);
  const DirectionGuess guess = classifier_.Guess(record, begun_after);
  const bool may_wait = guess.basis != GuessBasis::kListener && undecided_.size() < kMaxUndecided;
  if (may_wait) {
    undecided_.push_back({record, now, begun_after});
  } else {
    EndBy(guess, record);
  }
}

// A full poll meets every connection that is open all the while. So one that it did not meet, and
// that ended later, began after its start. An end that is read soon after it may be older than it.
MonotonicTime ConnectionTracker::BegunAfter(MonotonicTime now) const {
  return now >= late_.end + kEventDelay ? late_.start : early_.start;
}

void ConnectionTracker::EndBy(DirectionGuess guess, const SocketRecord& record) {
  ++stats_.guessed[IndexOf(guess.basis)];
  EndAs(guess.direction, record);
}

// A listener that was younger than the connection's end is known by now.
void ConnectionTracker::BookUndecidedUntil(MonotonicTime time) {
  const auto end = std::ranges::find_if(
      undecided_, [time](const Undecided& connection) { return connection.time > time; });
  for (auto connection = undecided_.begin(); connection != end; ++connection) {
    EndBy(classifier_.Guess(connection->record, connection->begun_after), connection->record);
  }
  undecided_.erase(undecided_.begin(), end);
}

void ConnectionTracker::EndAs(Direction direction, const SocketRecord& record) {
  const auto classified = classifier_.Classify(record, direction, {.is_new = true});
  if (!classified) return;
  const bool is_counted = !left_out_of_baseline_.Contains(record.cookie);
  if (is_counted) BookFinal(record, classified->key, {}, TcpState::kEstablished);
  Close(classified->key, record, false);
}

void ConnectionTracker::BookFinal(const SocketRecord& record, GroupKey key,
                                  const ConnectionUsage& before, TcpState last_seen) {
  MeetSuccessor(record);
  const PeerFin peer_fin = PeerFinOf(record, key.direction, last_seen);
  Book(record, key, GrowthOf(FinalUsageOf(record, key.direction, peer_fin), before));
  if (peer_fin == PeerFin::kAbsent) return;  // a reset leaves no mini-socket
  const bool is_byte_left_out = record.tcp_info->traffic->bytes_received > before.bytes_received;
  const bool is_fin_doubtful = peer_fin == PeerFin::kDoubtful && is_byte_left_out;
  // The others are not needed again. To remember them, too, took a third of an event's CPU time.
  const bool is_needed = is_fin_doubtful || !classifier_.WillGuess(record, key.direction);
  if (is_needed) ended_.Add(record, {key, is_fin_doubtful});
}

std::optional<GroupKey> ConnectionTracker::MeetMiniSocket(const SocketRecord& record) {
  const auto ended = ended_.Meet(record);
  if (!ended) return Classify(record);
  if (ended->is_fin_doubtful) ++ledger_[ended->key].usage.bytes_received;
  // It need not be remembered if guesses will come to the same.
  if (classifier_.WillGuess(record, ended->key.direction)) ended_.Take(record);
  return ended->key;
}

// `record` may use the endpoints of an earlier connection again. The side that connects chose the
// ports, so it has no TIME-WAIT socket there. Therefore the other side closed the earlier
// connection first.
void ConnectionTracker::MeetSuccessor(const SocketRecord& record) {
  const auto ended = ended_.Take(record);
  if (!ended || !ended->is_fin_doubtful) return;
  if (ended->key.direction == Direction::kInbound) ++ledger_[ended->key].usage.bytes_received;
}

void ConnectionTracker::Regroup() {
  for (Place place = 0; place < table_.end(); ++place) table_.At(place).is_grouped = false;
}

void ConnectionTracker::Release(std::span<const GroupBook::Released> groups) {
  if (groups.empty()) return;
  std::vector<bool> is_released(GroupBook::kMaxPlaces);
  for (const GroupBook::Released& group : groups) is_released[group.id.place] = true;
  ended_.Release(is_released);
  for (Place place = 0; place < table_.end(); ++place) {
    TrackedConnection& connection = table_.At(place);
    if (!is_released[connection.group]) continue;
    connection.group = kOtherGroup.place;
    connection.is_grouped = false;
  }
}

void ConnectionTracker::Close(GroupKey key, const SocketRecord& destroyed, bool was_established) {
  const TcpInfo& final_info = *destroyed.tcp_info;
  if (!was_established && !WasEstablished(destroyed, key.direction)) {
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
