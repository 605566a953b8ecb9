#include "core/handshakes/handshake_ledger.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/handshake_batches.h"

namespace connwatch::handshake_ledger_test {
namespace {

using namespace std::chrono_literals;

std::string UnitNamed(std::uint64_t cgroup_id) { return cgroup_id == 7 ? "web.service" : ""; }

class HandshakeLedgerTest : public testing::Test {
 protected:
  std::string GroupOf(GroupKey key) const { return std::string(classifier_.NameOf(key.group)); }

  ConnectionClassifier classifier_{
      {.groups = {.rules = {{.name = "web", .match = {.units = {{"web.service"}}}}},
                  .group_by = GroupBy::kPort,
                  .max_groups = 10}},
      UnitNamed};
  HandshakeLedger ledger_{classifier_};
};

TEST_F(HandshakeLedgerTest, CountsByGroupAndOutcome) {
  const GroupKey key = ledger_.Add(*TestBatch(3).Took(2ms));
  ledger_.Add(*TestBatch(2, HandshakeOutcome::kRefused));
  EXPECT_EQ(GroupOf(key), "443");
  const HandshakeCounts& counts = ledger_.totals()[key];
  EXPECT_EQ(counts.Of(HandshakeOutcome::kEstablished), 3U);
  EXPECT_EQ(counts.Of(HandshakeOutcome::kRefused), 2U);
  EXPECT_EQ(counts.Total(), 5U);
  EXPECT_EQ(counts.Failed(), 2U);
  EXPECT_EQ(counts.latency.count(), 3U);
  EXPECT_EQ(counts.latency.sum(), 6ms);
}

TEST_F(HandshakeLedgerTest, ShortConnectionsReachTheGroupOfTheirUnit) {
  TestBatch batch(1);
  (*batch).cgroup_id = 7;
  EXPECT_EQ(GroupOf(ledger_.Add(*batch)), "web");
}

TEST_F(HandshakeLedgerTest, InboundHandshakesBelongToTheirLocalPort) {
  const GroupKey key = ledger_.Add(*TestBatch(1).Inbound(8'080));
  EXPECT_EQ(key.direction, Direction::kInbound);
  EXPECT_EQ(GroupOf(key), "8080");
}

TEST_F(HandshakeLedgerTest, WithoutAddressTheGroupIsStillKnown) {
  TestBatch batch(1);
  (*batch).has_addresses = false;
  (*batch).remote.address = {};
  EXPECT_EQ(GroupOf(ledger_.Add(*batch)), "443");
}

TEST_F(HandshakeLedgerTest, WithoutPortItIsOther) {
  TestBatch batch(1);
  (*batch).has_addresses = (*batch).has_ports = false;
  (*batch).remote = {};
  EXPECT_EQ(GroupOf(ledger_.Add(*batch)), "other");
}

}  // namespace
}  // namespace connwatch::handshake_ledger_test
