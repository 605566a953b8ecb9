#include "monitor/other_namespaces.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "monitor/clock.h"
#include "monitor/monitor.h"
#include "tests/support/namespace_world.h"
#include "tests/support/records.h"
#include "tests/support/scripted_source.h"

namespace connwatch::other_namespaces_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Lists what it is told.
struct ScriptedNamespaces final : NamespaceSource {
  Result<std::vector<NamespaceFacts>> ReadNamespaces() override { return next; }

  Result<std::vector<NamespaceFacts>> next = std::vector<NamespaceFacts>();
};

class OtherNamespacesTest : public testing::Test {
 protected:
  void Poll(Monitor& monitor, Tier tier, std::vector<SocketRecord> records) {
    source_.AddWithoutRepeats({{std::move(records), DumpProgress::kDone, std::nullopt}});
    TierPoller& poller = monitor.tiers()[IndexOf(tier)];
    poller.Begin(Later());
    while (!poller.HasEnded()) poller.Continue(Later());
    poller.Conclude(Later());
    monitor.AfterPoll(poller, Later().monotonic);
  }
  // Two seconds after the one before, so that facts are read each time.
  Instant Later() {
    now_.monotonic += std::chrono::seconds(2);
    return now_;
  }
  std::shared_ptr<const Snapshot> Take() { return monitor_.TakeSnapshot({}, now_); }

  Instant now_ = Now();
  Config config_;
  ScriptedSource source_;
  ScriptedNamespaces namespaces_;
  std::vector<std::string> log_;
  Monitor monitor_{config_, source_,
                   [this](bool is_failure, const std::string& line) {
                     log_.push_back((is_failure ? "- " : "+ ") + line);
                   },
                   &namespaces_};
};

TEST_F(OtherNamespacesTest, WithoutASourceThereAreNone) {
  Monitor monitor(config_, source_, [](bool, const std::string&) {});
  Poll(monitor, Tier::kFull, {Established(1)});
  EXPECT_FALSE(monitor.TakeSnapshot({}, now_)->namespaces);
}

TEST_F(OtherNamespacesTest, TheHostsNumbersAreOfItsOwnNamespaceOnly) {
  namespaces_.next = std::vector{Facts(7)};
  Poll(monitor_, Tier::kListeners, {Listening(1, 80), In(7, Listening(2, 81))});
  Poll(monitor_, Tier::kHandshakes, {});
  Poll(monitor_, Tier::kFull, {Established(3), In(7, Established(4)), In(7, Established(5))});
  const auto snapshot = Take();
  EXPECT_EQ(snapshot->listeners->listeners.size(), 1U);
  EXPECT_EQ(snapshot->sockets->states.Total(), 1U);
  ASSERT_TRUE(snapshot->namespaces);
  ASSERT_EQ(snapshot->namespaces->shown.size(), 1U);
  const NetworkNamespace& other = snapshot->namespaces->shown.front();
  EXPECT_EQ(other.identity.name, "unnamed-1");
  EXPECT_EQ(other.counts.states->at(IndexOf(TcpState::kEstablished)), 2U);
  EXPECT_EQ(other.counts.listeners.listeners.at(0).key.endpoint.port, 81);
}

TEST_F(OtherNamespacesTest, AFailureIsLoggedOnceAndTheNamespacesStay) {
  namespaces_.next = std::vector{Facts(7)};
  Poll(monitor_, Tier::kListeners, {});
  namespaces_.next = Error::FromErrno(EPERM, "run the program");
  Poll(monitor_, Tier::kListeners, {});
  Poll(monitor_, Tier::kHandshakes, {});
  EXPECT_EQ(Take()->namespaces->seen, 1U);
  namespaces_.next = std::vector<NamespaceFacts>();
  Poll(monitor_, Tier::kListeners, {});
  Poll(monitor_, Tier::kHandshakes, {});
  EXPECT_EQ(Take()->namespaces->seen, 0U);
  EXPECT_THAT(log_, ElementsAre("- network namespaces: run the program: Operation not permitted",
                                "+ network namespaces: readable again"));
}

TEST_F(OtherNamespacesTest, NewThresholdsHoldInEveryNamespace) {
  const auto troubled = [this] {
    std::vector<SocketRecord> handshakes;
    for (std::uint64_t i = 1; i <= 5; ++i) {
      SocketRecord record = SynRecv(Ipv4({192, 0, 2, 1}), 80, AddressFamily::kIpv4, 2);
      record.cookie = i;
      handshakes.push_back(In(7, record));
    }
    Poll(monitor_, Tier::kListeners, {In(7, Listening(100, 80))});
    Poll(monitor_, Tier::kHandshakes, handshakes);
    return Take()->namespaces->shown.at(0).is_in_trouble;
  };
  namespaces_.next = std::vector{Facts(7)};
  EXPECT_FALSE(troubled());
  config_.diagnosis.min_syn_queue = 5;
  ASSERT_TRUE(monitor_.Reconfigure(config_));
  EXPECT_TRUE(troubled());
}

TEST_F(OtherNamespacesTest, NoPlacesLeaveTheSums) {
  config_.max_network_namespaces = 0;
  Monitor monitor(
      config_, source_, [](bool, const std::string&) {}, &namespaces_);
  namespaces_.next = std::vector{Facts(7)};
  Poll(monitor, Tier::kListeners, {In(7, Listening(2, 81))});
  Poll(monitor, Tier::kFull, {In(7, Established(4))});
  const auto snapshot = monitor.TakeSnapshot({}, now_);
  EXPECT_THAT(snapshot->namespaces->shown, IsEmpty());
  EXPECT_EQ(snapshot->namespaces->folded, 1U);
  EXPECT_EQ(snapshot->namespaces->other.states->at(IndexOf(TcpState::kEstablished)), 1U);
}

}  // namespace
}  // namespace connwatch::other_namespaces_test
