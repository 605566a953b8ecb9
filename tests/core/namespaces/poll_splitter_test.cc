#include "core/namespaces/poll_splitter.h"

#include <gtest/gtest.h>

#include "tests/support/namespace_world.h"

namespace connwatch::poll_splitter_test {
namespace {

// Remembers the cookies that it was given.
struct HostWork final : PollWork {
  DumpQuery Query() const override { return {.states = {TcpState::kListen}}; }
  void Begin(Instant /*now*/) override { cookies.clear(); }
  void Add(std::span<const SocketRecord> records, Instant /*now*/) override {
    for (const SocketRecord& record : records) cookies.push_back(record.cookie);
  }
  void Complete(Instant /*now*/) override { is_complete = true; }

  std::vector<std::uint64_t> cookies;
  bool is_complete = false;
};

TEST(PollSplitterTest, EachSocketGoesWhereItBelongs) {
  HostWork host;
  NamespaceWorld world;
  PollSplitter splitter(Tier::kFull, host, world.table);
  EXPECT_EQ(splitter.Query().states.bits(), host.Query().states.bits());
  splitter.Begin(TestInstant(0));
  splitter.Add(std::vector{Established(1), In(7, Established(2)), In(7, Established(3)),
                           In(8, Established(4)), Established(5), In(7, Established(6))},
               TestInstant(0));
  splitter.Add({}, TestInstant(0));
  splitter.Complete(TestInstant(0));
  EXPECT_EQ(host.cookies, (std::vector<std::uint64_t>{1, 5}));
  EXPECT_TRUE(host.is_complete);
  const NetworkNamespaces list = world.Judge(0);
  ASSERT_EQ(list.shown.size(), 2U);
  EXPECT_EQ(list.shown.at(0).counts.states->at(IndexOf(TcpState::kEstablished)), 3U);
  EXPECT_EQ(list.shown.at(1).counts.states->at(IndexOf(TcpState::kEstablished)), 1U);
}

}  // namespace
}  // namespace connwatch::poll_splitter_test
