// The numbers of another network namespace mean the same as those of the host's own: the same
// records, given to the machines of the host and to a NamespaceTable, lead to the same numbers.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "core/connections/full_poll.h"
#include "core/listeners/diagnose.h"
#include "core/listeners/handshake_poll.h"
#include "core/listeners/listener_poll.h"
#include "tests/support/namespace_world.h"
#include "tests/support/traffic.h"

namespace connwatch::namespace_equality_property_test {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kCookie = 7;
const std::vector<std::chrono::microseconds> kBounds = {std::chrono::microseconds(1'000)};

// The sockets of a namespace, which change at random.
class Sockets {
 public:
  explicit Sockets(unsigned seed) : random_(seed) {
    for (std::uint16_t i = 0; i < 5; ++i) {
      SocketRecord record = Listening(100U + i, static_cast<std::uint16_t>(80 + i), 0, 10);
      record.drops = 1'000;
      record.cgroup_id = 5 + i % 2;
      listening_.push_back(record);
    }
  }

  // `at_ms` is since the start.
  void Change(int at_ms) {
    if (random_() % 4 == 0)
      AnyListener().receive_queue = static_cast<std::uint32_t>(random_() % 12);
    // The counter of drops is read more often for the host, so both know of a drop only in the end.
    const bool may_drop = at_ms % 1'000 >= 100 && at_ms % 1'000 <= 500;
    if (may_drop && random_() % 10 == 0) {
      const auto count = static_cast<std::uint32_t>(1 + random_() % 3);
      *AnyListener().drops += count;
      listen_drops_ += count;
    }
    if (random_() % 50 == 0) OpenOrClose();
    if (at_ms % 1'000 == 0) ChangeHandshakes();
    if (at_ms % 1'000 == 0) ChangeConnections();
  }

  std::uint64_t listen_drops() const { return listen_drops_; }
  const std::vector<SocketRecord>& listening() const { return listening_; }
  std::vector<SocketRecord> handshakes() const { return handshakes_; }
  std::vector<SocketRecord> all() const {
    std::vector<SocketRecord> all = listening_;
    all.insert(all.end(), handshakes_.begin(), handshakes_.end());
    for (const TestConnection& connection : connections_) {
      all.push_back(connection.Row());
      all.back().receive_queue = static_cast<std::uint32_t>(connection.cookie % 3);
    }
    if (!connections_.empty()) all.push_back(connections_.front().MiniSocket());
    return all;
  }

 private:
  SocketRecord& AnyListener() { return listening_.at(random_() % listening_.size()); }

  void OpenOrClose() {
    if (listening_.size() > 1 && random_() % 2 == 0) {
      listening_.erase(listening_.begin() + static_cast<std::ptrdiff_t>(random_() % 2));
    } else {
      const auto port = static_cast<std::uint16_t>(80 + random_() % 10);
      listening_.push_back(Listening(++cookie_, port, 0, 10));
      listening_.back().drops = 0;
    }
  }

  void ChangeHandshakes() {
    std::erase_if(handshakes_, [this](const SocketRecord&) { return random_() % 4 == 0; });
    const std::uint64_t more = random_() % 8;
    for (std::uint64_t i = 0; i < more; ++i) {
      SocketRecord record =
          SynRecv(Ipv4({192, 0, 2, 1}), static_cast<std::uint16_t>(80 + random_() % 6),
                  AddressFamily::kIpv4, static_cast<std::uint8_t>(random_() % 3));
      record.remote.address = Ipv4({198, 51, static_cast<int>(random_() % 40), 1});
      if (random_() % 4 == 0) record.state = TcpState::kSynSent;
      record.cookie = ++cookie_;
      record.timer_expires = milliseconds(random_() % 2'000);
      handshakes_.push_back(record);
    }
  }

  void ChangeConnections() {
    std::erase_if(connections_, [this](const TestConnection&) { return random_() % 20 == 0; });
    for (TestConnection& connection : connections_) {
      connection.sent += random_() % 1'000;
      connection.received += random_() % 1'000;
    }
    TestConnection more{.cookie = ++cookie_};
    more.direction = random_() % 2 == 0 ? Direction::kInbound : Direction::kOutbound;
    more.sent = random_() % 100;
    connections_.push_back(more);
  }

  std::mt19937 random_;  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same every time
  std::vector<SocketRecord> listening_;
  std::vector<SocketRecord> handshakes_;
  std::vector<TestConnection> connections_;
  std::uint64_t cookie_ = 1'000;
  std::uint64_t listen_drops_ = 50;
};

// The machines as the Monitor has them for the host.
struct Host {
  void Poll(PollWork& work, Instant now, const std::vector<SocketRecord>& records) {
    work.Begin(now);
    work.Add(records, now);
    work.Complete(now);
  }

  ConnectionUsage Usage(Direction direction) const {
    ConnectionUsage sum;
    for (std::size_t place = 0; place < classifier.places(); ++place) {
      sum += ledger[{direction, classifier.AtPlace(static_cast<std::uint16_t>(place))}].usage;
    }
    return sum;
  }
  RttObservations Rtt() const {
    RttObservations sum;
    for (std::size_t place = 0; place < classifier.places(); ++place) {
      for (const Direction direction : kDirections) {
        const auto& rtt =
            full.totals().rtt[{direction, classifier.AtPlace(static_cast<std::uint16_t>(place))}];
        sum.count += rtt.count();
        sum.sum += rtt.sum();
      }
    }
    return sum;
  }
  PendingGroup Pending() const {
    PendingGroup sum;
    for (const auto& [id, group] : handshakes.pending().by_group) {
      sum.sockets += group.sockets;
      sum.retransmitting += group.retransmitting;
      sum.oldest_age = std::max(sum.oldest_age, group.oldest_age);
    }
    return sum;
  }

  std::uint64_t listen_drops = 0;
  ConnectionClassifier classifier = PlainClassifier();
  TrafficLedger ledger{GroupTraffic({})};
  Allowance room{1'000'000};
  ConnectionTracker tracker{room, classifier, ledger};
  ListenerTracker listeners{{.max_listeners = NamespaceWatch::kMaxShownListeners}};
  ListenerPoll listener_poll{listeners, classifier, [this] { return listen_drops; }};
  HandshakePoll handshakes{0, listeners, classifier};
  FullPoll full{{kBounds}, classifier, tracker};
};

void ExpectSame(const ListenerStatus& host, const ListenerStatus& other) {
  EXPECT_EQ(host.accept_queue.sockets, other.accept_queue.sockets);
  EXPECT_EQ(host.accept_queue.length, other.accept_queue.length);
  EXPECT_EQ(host.accept_queue.limit, other.accept_queue.limit);
  EXPECT_EQ(host.accept_queue.peak, other.accept_queue.peak);
  EXPECT_EQ(host.accept_queue.full_sockets, other.accept_queue.full_sockets);
  EXPECT_EQ(host.accept_queue.peak_utilization, other.accept_queue.peak_utilization);
  EXPECT_EQ(host.syn_queue.length, other.syn_queue.length);
  EXPECT_EQ(host.syn_queue.peak, other.syn_queue.peak);
  EXPECT_EQ(host.syn_queue.retransmitting, other.syn_queue.retransmitting);
  EXPECT_EQ(host.signs.settled, other.signs.settled);
  EXPECT_EQ(host.signs.ages.counts, other.signs.ages.counts);
  EXPECT_EQ(host.signs.source_prefixes, other.signs.source_prefixes);
  EXPECT_EQ(host.signs.drops_per_second, other.signs.drops_per_second);
  EXPECT_EQ(host.cgroup_id, other.cgroup_id);
  EXPECT_EQ(host.drops, other.drops);
  EXPECT_EQ(host.socket_drops, other.socket_drops);
  EXPECT_EQ(host.diagnosis, other.diagnosis);
}

void ExpectSame(const ListenerList& host, const ListenerList& other) {
  ASSERT_EQ(host.listeners.size(), other.listeners.size());
  for (std::size_t i = 0; i < host.listeners.size(); ++i) {
    SCOPED_TRACE(host.listeners[i].Name());
    EXPECT_EQ(host.listeners[i].key, other.listeners[i].key);
    ExpectSame(host.listeners[i].status, other.listeners[i].status);
  }
  EXPECT_EQ(host.folded, other.folded);
  EXPECT_EQ(host.other.syn_queue.length, other.other.syn_queue.length);
}

void ExpectSame(const Host& host, const NamespaceCounts& other, MonotonicTime now) {
  ExpectSame(host.listeners.List(now), other.listeners);
  EXPECT_EQ(host.Pending().sockets, other.pending.sockets);
  EXPECT_EQ(host.Pending().retransmitting, other.pending.retransmitting);
  EXPECT_EQ(host.Pending().oldest_age, other.pending.oldest_age);
  for (const Direction direction : kDirections) {
    EXPECT_EQ(host.Usage(direction), other.traffic.at(IndexOf(direction))) << Name(direction);
  }
  EXPECT_EQ(host.Rtt().count, other.rtt.count);
  EXPECT_EQ(host.Rtt().sum, other.rtt.sum);
  ASSERT_EQ(host.full.levels().has_value(), other.states.has_value());
  for (const TcpState state : kTcpStates) {
    EXPECT_EQ(host.full.levels()->states.Get(AddressFamily::kIpv4, state),
              other.states->at(IndexOf(state)))
        << Name(state);
  }
}

class NamespaceEqualityTest : public testing::TestWithParam<unsigned> {
 protected:
  void PollListeners(int at_ms) {
    host_.listen_drops = sockets_.listen_drops();
    world_.facts = {Facts(kCookie, sockets_.listen_drops())};
    host_.Poll(host_.listener_poll, NamespaceWorld::AtMs(at_ms), sockets_.listening());
    world_.Poll(Tier::kListeners, at_ms, Moved(sockets_.listening()));
  }
  void PollTheRest(int at_ms) {
    host_.Poll(host_.handshakes, NamespaceWorld::AtMs(at_ms), sockets_.handshakes());
    world_.Poll(Tier::kHandshakes, at_ms, Moved(sockets_.handshakes()));
    if (at_ms % 10'000 != 0) return;
    host_.Poll(host_.full, NamespaceWorld::AtMs(at_ms), sockets_.all());
    world_.Poll(Tier::kFull, at_ms, Moved(sockets_.all()));
  }
  static std::vector<SocketRecord> Moved(std::vector<SocketRecord> records) {
    for (SocketRecord& record : records) record.net_cookie = kCookie;
    return records;
  }

  Sockets sockets_{GetParam()};
  Host host_;
  NamespaceWorld world_;
};

TEST_P(NamespaceEqualityTest, TheSameRecordsLeadToTheSameNumbers) {
  bool has_diagnosed = false;
  for (int at_ms = 0; at_ms <= 120'000; at_ms += 100) {
    sockets_.Change(at_ms);
    PollListeners(at_ms);
    if (at_ms % 1'000 != 0) continue;
    PollTheRest(at_ms);
    const MonotonicTime now = NamespaceWorld::AtMs(at_ms).monotonic;
    host_.listeners.Diagnose(
        {.completed_per_second = at_ms == 0 ? std::nullopt : std::optional(0.0)}, now);
    const NetworkNamespaces list = world_.Judge(at_ms);
    SCOPED_TRACE(at_ms);
    ASSERT_EQ(list.shown.size(), 1U);
    ExpectSame(host_, list.shown.front().counts, now);
    if (testing::Test::HasFailure()) return;
    has_diagnosed = has_diagnosed || list.shown.front().is_in_trouble;
  }
  EXPECT_TRUE(has_diagnosed) << "the test would show nothing of the diagnosis";
}

INSTANTIATE_TEST_SUITE_P(Seeds, NamespaceEqualityTest, testing::Values(1U, 2U, 3U, 4U, 5U));

}  // namespace
}  // namespace connwatch::namespace_equality_property_test
