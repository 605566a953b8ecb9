// Random lives of listeners and connections against a kernel that is made up here. Listeners come,
// go and come back, on ports of services and on ephemeral ones; connections outlive them. Whatever
// the polls miss, and however late an end is reported, every connection is booked in its direction
// and group, and no counter goes back.
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "core/connections/connection_tracker.h"
#include "tests/support/traffic.h"

namespace connwatch::connection_lives_property_test {
namespace {

using std::chrono::milliseconds;

constexpr std::array<std::chrono::microseconds, 1> kBounds = {std::chrono::microseconds(1'000)};
constexpr std::array<std::uint16_t, 3> kServices = {80, 443, 8'080};
constexpr std::uint16_t kFirstEphemeral = 35'000;
constexpr std::uint16_t kEphemeralListeners = 5;
constexpr int kSteps = 4'000;
constexpr milliseconds kStep{50};  // more than three minutes in all
constexpr milliseconds kMaxEventDelay{500};

/// What connections of one direction and group have moved.
struct Moved {
  std::uint64_t closed = 0;
  std::uint64_t sent = 0;
  std::uint64_t received = 0;

  bool operator==(const Moved&) const = default;
};

/// The groups of ephemeral ports count as one: when a port proves to be that of a service depends
/// on the polls.
using Key = std::pair<Direction, std::string>;

std::string NameFor(std::uint16_t port) {
  return port >= kFirstEphemeral ? "ephemeral" : std::to_string(port);
}

class Lives {
 public:
  explicit Lives(std::uint64_t seed) : random_(seed) {
    FullPoll();  // the baseline
  }

  void Run() {
    for (int step = 0; step < kSteps && !testing::Test::HasFatalFailure(); ++step) {
      now_ += kStep;
      Step();
      ReadEvents();
      CheckNothingGoesBack();
    }
    while (!open_.empty()) Close();
    now_ += kMaxEventDelay;
    ReadEvents();
    PollListeners();
    FullPoll();
    FullPoll();
    EXPECT_EQ(Booked(), Truth());
  }

 private:
  std::uint64_t Below(std::uint64_t bound) { return random_() % bound; }

  void Step() {
    switch (Below(10)) {
      case 0:
        return Listen();
      case 1:
        return CloseListener();
      case 2:
      case 3:
        return Accept();
      case 4:
        return Connect();
      case 5:
        return Close();
      case 6:
        return PollListeners();
      case 7:
        return Below(4) == 0 ? FullPoll() : Grow();
      default:
        return Grow();
    }
  }

  std::uint16_t AnyPort() {
    const std::uint64_t port = Below(kServices.size() + kEphemeralListeners);
    if (port < kServices.size()) return kServices.at(port);
    return static_cast<std::uint16_t>(kFirstEphemeral + port - kServices.size());
  }

  void Listen() { listening_.insert(AnyPort()); }

  // The kernel tells the end of a listener as that of any socket.
  void CloseListener() {
    if (listening_.empty()) return;
    const std::uint16_t port = AnyListened();
    listening_.erase(port);
    events_.emplace_back(now_, EndOfListener(++latest_cookie_, port));
  }

  // The kernel and the daemon take their time, so a poll may come between an end and its event.
  void ReadEvents() {
    const bool is_prompt = Below(2) == 0;
    while (!events_.empty()) {
      const auto& [time, end] = events_.front();
      if (!is_prompt && now_ < time + kMaxEventDelay) return;
      tracker_.OnDestroyed(end, now_);
      events_.pop_front();
    }
  }

  std::uint16_t AnyListened() {
    return *std::next(listening_.begin(), static_cast<std::ptrdiff_t>(Below(listening_.size())));
  }

  void Accept() {
    if (!listening_.empty()) Open(Direction::kInbound, AnyListened());
  }

  void Connect() { Open(Direction::kOutbound, AnyPort()); }

  void Open(Direction direction, std::uint16_t port) {
    const std::uint64_t cookie = ++latest_cookie_;
    open_[cookie] = {.cookie = cookie, .direction = direction, .port = port};
  }

  void Grow() {
    if (open_.empty()) return;
    TestConnection& connection = Any()->second;
    connection.sent += Below(10'000);
    connection.received += Below(10'000);
  }

  void Close() {
    if (open_.empty()) return;
    const auto closed = Any();
    const TestConnection connection = closed->second;
    open_.erase(closed);
    Moved& moved = truth_[{connection.direction, NameFor(connection.port)}];
    ++moved.closed;
    moved.sent += connection.sent;
    moved.received += connection.received;
    const bool is_first = Below(3) == 0;
    if (is_first) {
      events_.emplace_back(now_, connection.EndBeforePeersFin());
      mini_sockets_.push_back(connection.MiniSocket());
    } else {
      events_.emplace_back(now_, connection.End(/*is_orderly=*/Below(3) != 0));
    }
  }

  void PollListeners() {
    for (const std::uint16_t port : listening_) {
      classifier_.AddListener(Listening(++latest_cookie_, port), now_);
    }
    classifier_.CompleteListeners(now_);
    tracker_.BookUndecided();
  }

  void FullPoll() {
    tracker_.BeginPoll(now_);
    for (const std::uint16_t port : listening_) {
      classifier_.AddListener(Listening(++latest_cookie_, port), now_);
    }
    for (const auto& [cookie, connection] : open_) {
      const auto key = tracker_.Observe(connection.Row());
      ASSERT_TRUE(key);
      EXPECT_EQ(key->direction, connection.direction) << cookie << ", port " << connection.port;
    }
    for (const SocketRecord& mini_socket : mini_sockets_) tracker_.Observe(mini_socket);
    constexpr std::size_t kKept = 20;
    while (mini_sockets_.size() > kKept) mini_sockets_.pop_front();
    tracker_.CompletePoll();
  }

  std::map<std::uint64_t, TestConnection>::iterator Any() {
    return std::next(open_.begin(), static_cast<std::ptrdiff_t>(Below(open_.size())));
  }

  /// What is open counts as well, but not yet as closed.
  std::map<Key, Moved> Truth() const { return truth_; }

  std::map<Key, Moved> Booked() const {
    std::map<Key, Moved> booked;
    for (const ShownGroup& group : classifier_.ShownGroups()) {
      const auto port = PortNaming(group.name);
      const std::string name = port ? NameFor(*port) : group.name;
      for (const Direction direction : kDirections) {
        const GroupTraffic& traffic = std::as_const(ledger_)[{direction, group.id}];
        if (traffic.closed == 0 && traffic.usage == ConnectionUsage{}) continue;
        Moved& moved = booked[{direction, name}];
        moved.closed += traffic.closed;
        moved.sent += traffic.usage.bytes_sent;
        moved.received += traffic.usage.bytes_received;
      }
    }
    return booked;
  }

  void CheckNothingGoesBack() {
    std::map<Key, Moved> booked = Booked();
    for (const auto& [key, before] : latest_) {
      const Moved& now = booked[key];
      ASSERT_TRUE(now.closed >= before.closed && now.sent >= before.sent &&
                  now.received >= before.received)
          << Name(key.first) << ' ' << key.second;
    }
    latest_ = std::move(booked);
  }

  std::mt19937_64 random_;
  ConnectionClassifier classifier_ = PlainClassifier();
  TrafficLedger ledger_{GroupTraffic(kBounds)};
  Allowance room_{10'000};
  ConnectionTracker tracker_{room_, classifier_, ledger_};

  MonotonicTime now_{std::chrono::hours(1)};
  std::set<std::uint16_t> listening_;
  std::map<std::uint64_t, TestConnection> open_;
  std::deque<SocketRecord> mini_sockets_;
  std::deque<std::pair<MonotonicTime, SocketRecord>> events_;  // not read yet
  std::uint64_t latest_cookie_ = 0;
  std::map<Key, Moved> truth_;
  std::map<Key, Moved> latest_;
};

TEST(ConnectionLivesPropertyTest, EveryConnectionIsBookedInItsDirectionAndGroup) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    SCOPED_TRACE(seed);
    Lives(seed).Run();
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace connwatch::connection_lives_property_test
