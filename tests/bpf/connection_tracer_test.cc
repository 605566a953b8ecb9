// Against the real kernel. Needs CAP_BPF, CAP_PERFMON and CAP_SYS_ADMIN.
#include "bpf/connection_tracer.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <thread>
#include <utility>
#include <vector>

#include "core/handshakes/latency_counts.h"
#include "tests/bpf/new_programs.h"
#include "tests/support/live_test.h"
#include "tests/support/own_network.h"
#include "tests/support/tcp_pair.h"

namespace connwatch::connection_tracer_test {
namespace {

std::uint64_t KeepaliveTime() {
  std::uint64_t seconds = 0;
  std::ifstream("/proc/sys/net/ipv4/tcp_keepalive_time") >> seconds;
  return seconds;
}

using Counts = std::map<std::pair<Direction, HandshakeOutcome>, std::uint64_t>;

class ConnectionTracerTest : public testing::Test {
 protected:
  // Returns false if nothing can be traced here.
  bool Start(const TracingOptions& options = {.tcp_keepalive_time_s = KeepaliveTime()}) {
    auto tracer = ConnectionTracer::Create(options);
    if (!tracer) {
      why_not_ = tracer.error().context;
      return false;
    }
    tracer_ = std::move(tracer).value();
    return true;
  }
  // Everything that has ended by now in this network namespace.
  std::vector<HandshakeBatch> Read() {
    std::vector<HandshakeBatch> batches;
    for (int table = 0; table < 2; ++table) {
      const auto read = tracer_->Read([&](const HandshakeBatch& batch) {
        if (batch.net_cookie != 0) return;
        batches.push_back(batch);
        measured_.emplace_back();
        AddLatency(measured_.back(), batch);
        batches.back().buckets = {};
      });
      EXPECT_TRUE(read);
    }
    return batches;
  }
  Counts Count() {
    Counts counts;
    for (const HandshakeBatch& batch : Read()) {
      counts[{batch.direction, batch.outcome}] += batch.count;
    }
    return counts;
  }
  // Connects to a port of loopback on which nobody listens.
  static void BeRefused(std::uint16_t port, in_addr_t address = INADDR_LOOPBACK) {
    const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(address);
    to.sin_port = htons(port);
    EXPECT_EQ(connect(client, reinterpret_cast<sockaddr*>(&to), sizeof(to)), -1);
    EXPECT_EQ(errno, ECONNREFUSED);
    close(client);
  }
  std::vector<SocketRecord> ReadEnds(DestroyEventStream& stream) {
    std::vector<SocketRecord> ends;
    for (bool has_more = true; has_more;) {
      const auto batch = stream.ReadBatch();
      EXPECT_TRUE(batch);
      if (!batch) break;
      for (const SocketRecord& record : batch->records) {
        if (record.net_cookie == 0) ends.push_back(record);
      }
      has_more = batch->has_more;
    }
    return ends;
  }

  OwnNetwork network_;
  std::unique_ptr<ConnectionTracer> tracer_;
  std::vector<LatencyCounts> measured_;
  std::string why_not_;
};

TEST_F(ConnectionTracerTest, VerifiersNeedAFractionOfTheirLimit) {
  const NewPrograms programs;
  if (!Start()) CONNWATCH_CANNOT_RUN(why_not_);
  const auto verified = programs.Verified();
  for (const char* name : {"on_change", "on_change_again"}) {
    ASSERT_TRUE(verified.contains(name)) << name;
    EXPECT_GT(verified.at(name), 0U) << name;
    EXPECT_LT(verified.at(name), kFarFromTheLimit) << name;
  }
}

TEST_F(ConnectionTracerTest, ThereIsRoomForAllBuckets) {
  EXPECT_LT(LatencyBounds().size(), std::size_t{TRACE_BUCKETS});
}

TEST_F(ConnectionTracerTest, BothEndsOfAHandshakeAreTimed) {
  if (!Start()) CONNWATCH_CANNOT_RUN(why_not_);
  const TcpPair pair;
  const auto batches = Read();
  ASSERT_EQ(batches.size(), 2U);
  for (std::size_t i = 0; i < batches.size(); ++i) {
    EXPECT_EQ(batches[i].outcome, HandshakeOutcome::kEstablished);
    EXPECT_EQ(batches[i].count, 1U);
    EXPECT_EQ(measured_[i].count(), 1U);
    EXPECT_GT(batches[i].duration.count(), 0);
  }
  EXPECT_NE(batches[0].direction, batches[1].direction);
  EXPECT_TRUE(Read().empty());
}

TEST_F(ConnectionTracerTest, AKeyHasOnlyWhatWasAskedFor) {
  if (!Start()) CONNWATCH_CANNOT_RUN(why_not_);
  const auto of = [&](Direction direction) {
    for (const HandshakeBatch& batch : Read()) {
      if (batch.direction == direction) return batch;
    }
    return HandshakeBatch();
  };
  { const TcpPair pair; }
  const HandshakeBatch outbound = of(Direction::kOutbound);
  EXPECT_EQ(outbound.remote.address.ToString(), "127.0.0.1");
  EXPECT_NE(outbound.remote.port, 0);
  EXPECT_EQ(outbound.local.port, 0);
  EXPECT_EQ(outbound.local.address.ToString(), "0.0.0.0");
  { const TcpPair pair; }
  const HandshakeBatch inbound = of(Direction::kInbound);
  EXPECT_NE(inbound.local.port, 0);
  EXPECT_EQ(inbound.remote.port, 0);
  EXPECT_EQ(inbound.remote.address.ToString(), "0.0.0.0");
  tracer_->Ask(
      {.inbound_remote_address = true, .inbound_remote_port = true, .local_address = true});
  { const TcpPair pair; }
  const HandshakeBatch detailed = of(Direction::kInbound);
  EXPECT_NE(detailed.remote.port, 0);
  EXPECT_EQ(detailed.remote.address.ToString(), "127.0.0.1");
  EXPECT_EQ(detailed.local.address.ToString(), "127.0.0.1");
}

TEST_F(ConnectionTracerTest, LoopbackCanBeLeftOut) {
  if (!Start({.tcp_keepalive_time_s = KeepaliveTime(), .exclude_loopback = true})) {
    CONNWATCH_CANNOT_RUN(why_not_);
  }
  const TcpPair pair;
  BeRefused(9);
  EXPECT_EQ(Count(), Counts());
}

TEST_F(ConnectionTracerTest, EveryHandshakeCountsWhileOthersInterrupt) {
  constexpr unsigned kThreads = 4;
  constexpr unsigned kEach = 2'000;
  if (!Start()) CONNWATCH_CANNOT_RUN(why_not_);
  std::vector<std::jthread> threads;
  for (unsigned i = 0; i < kThreads; ++i) {
    threads.emplace_back([] {
      for (unsigned k = 0; k < kEach; ++k) BeRefused(9);
    });
  }
  threads.clear();
  const Counts expected = {{{Direction::kOutbound, HandshakeOutcome::kRefused}, kThreads * kEach}};
  EXPECT_EQ(Count(), expected);
}

TEST_F(ConnectionTracerTest, WithoutRoomOnlyTheAddressIsLeftOut) {
  constexpr unsigned kMore = 100;
  if (!Start()) CONNWATCH_CANNOT_RUN(why_not_);
  for (unsigned i = 0; i < TRACE_KEYS + kMore; ++i) BeRefused(9, 0x7f010001 + i);
  std::uint64_t with_address = 0;
  std::uint64_t without = 0;
  for (const HandshakeBatch& batch : Read()) {
    EXPECT_EQ(batch.remote.port, 9);
    EXPECT_EQ(batch.outcome, HandshakeOutcome::kRefused);
    (batch.has_addresses ? with_address : without) += batch.count;
  }
  EXPECT_EQ(with_address + without, TRACE_KEYS + kMore);
  EXPECT_GE(without, kMore);
  EXPECT_EQ(tracer_->status().stats.without_address, without);
  EXPECT_EQ(tracer_->status().stats.without_port, 0U);
}

TEST_F(ConnectionTracerTest, AnEndIsWholeAlsoWithAReset) {
  if (!Start()) CONNWATCH_CANNOT_RUN(why_not_);
  const auto stream = tracer_->Open(0);
  ASSERT_TRUE(stream);
  TcpPair pair;
  pair.Send(1'234);
  const linger reset{.l_onoff = 1, .l_linger = 0};
  setsockopt(pair.client, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
  close(std::exchange(pair.client, -1));
  pair.WaitFor(POLLHUP);
  const auto ends = ReadEnds(**stream);
  ASSERT_EQ(ends.size(), 3U);  // the listener's as well
  EXPECT_EQ(ends[0].end->last_state, TcpState::kListen);
  EXPECT_EQ(ends[0].remote.port, 0);
  const SocketRecord& client = ends[1];
  EXPECT_EQ(client.state, TcpState::kClose);
  EXPECT_EQ(client.end, (ConnectionEnd{TcpState::kEstablished, false}));
  EXPECT_EQ(client.remote.port, ends[0].local.port);
  EXPECT_NE(client.local.port, 0);
  EXPECT_EQ(client.tcp_info->traffic->bytes_acked, 1'235U);
  EXPECT_TRUE(client.cgroup_id);
  EXPECT_EQ(ends[2].tcp_info->traffic->bytes_received, 1'234U);
}

TEST_F(ConnectionTracerTest, AnOrderlyEndTellsWhoHasClosedFirst) {
  if (!Start()) CONNWATCH_CANNOT_RUN(why_not_);
  const auto stream = tracer_->Open(0);
  ASSERT_TRUE(stream);
  TcpPair pair;
  close(std::exchange(pair.client, -1));
  pair.WaitFor(POLLRDHUP);
  close(std::exchange(pair.server, -1));
  const auto ends = ReadEnds(**stream);
  ASSERT_EQ(ends.size(), 3U);
  EXPECT_EQ(ends[1].end->last_state, TcpState::kFinWait2);
  EXPECT_EQ(ends[2].end, (ConnectionEnd{TcpState::kLastAck, true}));
  // Once its own FIN is acknowledged, the first one may leave the rest to a mini-socket, which does
  // not count the peer's FIN.
  for (const SocketRecord& end : {ends[1], ends[2]}) {
    EXPECT_EQ(end.tcp_info->traffic->bytes_received, end.end->has_received_fin ? 1U : 0U);
  }
}

TEST_F(ConnectionTracerTest, EndsAreLostWithoutRoomAndCounted) {
  if (!Start({.tcp_keepalive_time_s = KeepaliveTime(), .end_bytes = 1})) {
    CONNWATCH_CANNOT_RUN(why_not_);
  }
  const auto stream = tracer_->Open(0);
  ASSERT_TRUE(stream);
  for (int i = 0; i < 100; ++i) BeRefused(9);
  const auto batch = (*stream)->ReadBatch();
  ASSERT_TRUE(batch);
  EXPECT_TRUE(batch->is_overrun);
  EXPECT_GT(tracer_->status().stats.ends_lost, 0U);
  EXPECT_GE(batch->records.size() + tracer_->status().stats.ends_lost, 100U);
}

TEST_F(ConnectionTracerTest, WithoutAStreamNoEndIsWrittenDown) {
  if (!Start()) CONNWATCH_CANNOT_RUN(why_not_);
  { const auto stream = tracer_->Open(0); }
  BeRefused(9);
  const auto stream = tracer_->Open(0);
  ASSERT_TRUE(stream);
  EXPECT_TRUE(ReadEnds(**stream).empty());
}

}  // namespace
}  // namespace connwatch::connection_tracer_test
