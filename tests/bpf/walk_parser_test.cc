#include "bpf/walk_parser.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <cstring>
#include <set>

#include "bpf/walk_layout.h"

namespace connwatch::walk_parser_test {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr std::uint64_t kOwn = 3;
constexpr std::uint64_t kOther = 7'037;

WalkContext Context() {
  return {.query = {.tcp_info = true, .socket_memory = true},
          .own_net_cookie = kOwn,
          .ticks_per_second = 250,
          .identity_seed = 0x1234};
}

// Host byte order to the words of walk_record.
std::uint32_t Word(std::array<std::uint8_t, 4> address) {
  std::uint32_t word = 0;
  std::memcpy(&word, address.data(), sizeof(word));
  return word;
}

walk_record Connection(std::uint16_t port = 40'000) {
  walk_record record{};
  record.net_cookie = kOwn;
  record.cookie = 17;
  record.cgroup_id = 5;
  record.local_address[0] = Word({192, 0, 2, 1});
  record.remote_address[0] = Word({198, 51, 100, 9});
  record.local_port = 443;
  record.remote_port = port;
  record.interface = 4;
  record.receive_queue = 10;
  record.send_queue = 20;
  record.timer_ticks = 50;
  record.state = 1;
  record.family = AF_INET;
  record.retransmissions = 2;
  record.flags = WALK_HAS_TCP_INFO | WALK_HAS_CGROUP | WALK_HAS_HEARD_PEER;
  record.bytes_acked = 1'001;
  record.bytes_received = 2'000;
  record.bytes_sent = 1'100;
  record.bytes_retransmitted = 100;
  record.segments_sent = 7;
  record.segments_retransmitted = 1;
  record.segments_unacked = 3;
  record.bytes_not_sent = 9;
  record.rtt_us = 1'500;
  record.min_rtt_us = 900;
  record.ack_age_ticks = 25;
  record.idle_ticks = 5;
  record.chrono_ticks[0] = 10;
  record.chrono_ticks[1] = 20;
  record.chrono_ticks[2] = 30;
  return record;
}

walk_record Listener(std::uint64_t address) {
  walk_record record{};
  record.net_cookie = kOwn;
  record.local_port = 8'080;
  record.state = 10;
  record.family = AF_INET6;
  record.receive_queue = 3;
  record.send_queue = 128;
  record.drops = 11;
  record.address = address;
  record.flags = WALK_HAS_DROPS | WALK_IS_V6_ONLY;
  return record;
}

ParsedWalk Parse(const std::vector<walk_record>& records, const WalkContext& context = Context()) {
  ParsedWalk parsed;
  ParseWalk(std::as_bytes(std::span(records)), context, parsed);
  return parsed;
}

SocketRecord ParseOne(const walk_record& record, const WalkContext& context = Context()) {
  const ParsedWalk parsed = Parse({record}, context);
  EXPECT_EQ(parsed.records.size(), 1U);
  return parsed.records.empty() ? SocketRecord() : parsed.records.front();
}

TEST(WalkParser, ReadsAConnection) {
  const SocketRecord record = ParseOne(Connection());
  EXPECT_EQ(record.state, TcpState::kEstablished);
  EXPECT_EQ(record.net_cookie, 0U);
  EXPECT_EQ(record.cookie, 17U);
  EXPECT_EQ(record.local.ToString(), "192.0.2.1:443");
  EXPECT_EQ(record.remote.ToString(), "198.51.100.9:40000");
  EXPECT_EQ(record.socket_family, AddressFamily::kIpv4);
  EXPECT_EQ(record.interface, 4U);
  EXPECT_EQ(record.receive_queue, 10U);
  EXPECT_EQ(record.send_queue, 20U);
  EXPECT_EQ(record.retransmissions, 2U);
  EXPECT_EQ(record.timer_expires, milliseconds(200));
  EXPECT_EQ(record.cgroup_id, 5U);
  EXPECT_FALSE(record.drops);
  ASSERT_TRUE(record.tcp_info);
  EXPECT_EQ(record.tcp_info->rtt, microseconds(1'500));
  EXPECT_EQ(record.tcp_info->min_rtt, microseconds(900));
  EXPECT_EQ(record.tcp_info->since_last_ack_received, milliseconds(100));
  EXPECT_EQ(record.tcp_info->idle, milliseconds(20));
  EXPECT_TRUE(record.tcp_info->has_heard_peer);
  const TcpTraffic expected{.bytes_acked = 1'001,
                            .bytes_received = 2'000,
                            .bytes_sent = 1'100,
                            .bytes_retransmitted = 100,
                            .segments_sent = 7,
                            .segments_retransmitted = 1,
                            .busy = milliseconds(240),
                            .rwnd_limited = milliseconds(80),
                            .sndbuf_limited = milliseconds(120),
                            .segments_unacked = 3,
                            .bytes_not_sent = 9};
  EXPECT_EQ(record.tcp_info->traffic, expected);
}

TEST(WalkParser, ReadsHowASegmentIsSentAgain) {
  walk_record raw = Connection();
  EXPECT_FALSE(ParseOne(raw).tcp_info->retransmission) << "another timer runs";
  raw.flags |= WALK_RETRANSMITS;
  raw.rto_ticks = 30'000;  // the longest
  raw.backoff = 255;
  const Retransmission expected{.timeout = milliseconds(120'000), .backoff = 255};
  EXPECT_EQ(ParseOne(raw).tcp_info->retransmission, expected);
}

TEST(WalkParser, ReadsAListener) {
  const ParsedWalk parsed = Parse({Listener(99)});
  ASSERT_EQ(parsed.records.size(), 1U);
  const SocketRecord& record = parsed.records.front();
  EXPECT_EQ(record.state, TcpState::kListen);
  EXPECT_EQ(record.local.ToString(), "[::]:8080");
  EXPECT_EQ(record.receive_queue, 3U);
  EXPECT_EQ(record.send_queue, 128U);
  EXPECT_EQ(record.drops, 11U);
  EXPECT_TRUE(record.is_v6_only);
  EXPECT_FALSE(record.tcp_info);
  EXPECT_EQ(parsed.without_cookie, std::vector<std::size_t>{0});
}

TEST(WalkParser, LeavesOutWhatWasNotAskedFor) {
  WalkContext context = Context();
  context.query = {};
  EXPECT_FALSE(ParseOne(Connection(), context).tcp_info);
  EXPECT_FALSE(ParseOne(Listener(1), context).drops);
  context.query.states = {TcpState::kSynSent};
  EXPECT_TRUE(Parse({Connection()}, context).records.empty());
  context.query = {.endpoints = {.local_ports = PortRange{80, 80}}};
  EXPECT_TRUE(Parse({Connection()}, context).records.empty());
}

TEST(WalkParser, WhatWasNeverMeasuredIsAbsent) {
  walk_record raw = Connection();
  raw.rtt_us = 0;
  raw.min_rtt_us = ~0U;
  const SocketRecord record = ParseOne(raw);
  EXPECT_FALSE(record.tcp_info->rtt);
  EXPECT_FALSE(record.tcp_info->min_rtt);
}

// With 300 ticks a second, one tick is 3.33 ms.
TEST(WalkParser, RoundsTicksAsTheKernelDoes) {
  WalkContext context = Context();
  context.ticks_per_second = 300;
  const SocketRecord record = ParseOne(Connection(), context);
  EXPECT_EQ(record.timer_expires, milliseconds(167));
  EXPECT_EQ(record.tcp_info->traffic->rwnd_limited, microseconds(20 * 3'333));
}

TEST(WalkParser, MappedAddressesAreIpv4) {
  walk_record raw = Connection();
  raw.family = AF_INET6;
  raw.local_address[0] = raw.remote_address[0] = 0;
  raw.local_address[2] = raw.remote_address[2] = Word({0, 0, 255, 255});
  raw.local_address[3] = Word({192, 0, 2, 1});
  raw.remote_address[3] = Word({198, 51, 100, 9});
  const SocketRecord record = ParseOne(raw);
  EXPECT_EQ(record.local.ToString(), "192.0.2.1:443");
  EXPECT_EQ(record.socket_family, AddressFamily::kIpv6);
}

TEST(WalkParser, ThrowsAwayWhatCannotBe) {
  walk_record no_state = Connection();
  no_state.state = 0;
  walk_record no_family = Connection();
  no_family.family = 1;
  walk_record no_namespace = Connection();
  no_namespace.net_cookie = 0;
  const ParsedWalk parsed = Parse({no_state, no_family, no_namespace, Connection()});
  EXPECT_EQ(parsed.malformed, 3U);
  EXPECT_EQ(parsed.records.size(), 1U);
}

TEST(WalkParser, ReadsOnlyWholeRecords) {
  const std::vector<walk_record> records = {Connection(1), Connection(2), Connection(3)};
  const auto bytes = std::as_bytes(std::span(records));
  WalkContext context = Context();
  context.own_net_cookie = 0;  // identities by endpoints
  for (std::size_t length = 0; length <= bytes.size(); ++length) {
    ParsedWalk parsed;
    ParseWalk(bytes.first(length), context, parsed);
    EXPECT_EQ(parsed.records.size(), length / sizeof(walk_record));
    EXPECT_EQ(parsed.malformed, 0U);
  }
}

TEST(WalkParser, ASocketInTwoFormsCountsOnce) {
  walk_record mini_socket = Connection();
  mini_socket.state = 6;
  mini_socket.flags = 0;
  ParsedWalk parsed = Parse({mini_socket, Connection()});
  ASSERT_EQ(parsed.records.size(), 1U);
  EXPECT_EQ(parsed.records.front().state, TcpState::kTimeWait);  // the newer form comes first

  walk_record elsewhere = Connection();
  elsewhere.bucket = 1;
  parsed = Parse({mini_socket, elsewhere});
  EXPECT_EQ(parsed.records.size(), 2U);  // no twin: a later connection of the same socket
}

TEST(WalkParser, ListenersThatShareAnAddressAreDifferent) {
  const ParsedWalk parsed = Parse({Listener(1), Listener(2)});
  ASSERT_EQ(parsed.records.size(), 2U);
  EXPECT_NE(parsed.records[0].cookie, parsed.records[1].cookie);
}

// Somebody inside may have the kernel give a cookie at any time.
TEST(WalkParser, TheIdentityInAnotherNamespaceDoesNotDependOnTheCookie) {
  walk_record raw = Connection();
  raw.net_cookie = kOther;
  const SocketRecord with_cookie = ParseOne(raw);
  raw.cookie = 0;
  const ParsedWalk without = Parse({raw});
  EXPECT_EQ(with_cookie.net_cookie, kOther);
  EXPECT_EQ(with_cookie.cookie, without.records.front().cookie);
  EXPECT_NE(with_cookie.cookie, 17U);
  EXPECT_TRUE(without.without_cookie.empty());
}

TEST(WalkParser, WhatDiffersHasAnotherIdentity) {
  std::set<std::uint64_t> identities;
  const auto add = [&](auto change) {
    walk_record raw = Connection();
    raw.net_cookie = kOther;
    change(raw);
    identities.insert(ParseOne(raw).cookie);
  };
  add([](walk_record&) {});
  add([](walk_record& raw) { raw.net_cookie = kOther + 1; });
  add([](walk_record& raw) { raw.local_port = 444; });
  add([](walk_record& raw) { raw.remote_port = 443; });
  add([](walk_record& raw) { raw.interface = 5; });
  add([](walk_record& raw) { raw.local_address[0] = 1; });
  add([](walk_record& raw) { raw.remote_address[0] = 1; });
  add([](walk_record& raw) { std::swap(raw.local_address, raw.remote_address); });
  EXPECT_EQ(identities.size(), 8U);
  for (std::uint32_t address = 0; address < 20'000; ++address) {
    add([&](walk_record& raw) {
      raw.remote_address[0] = 0x1000 + address;
      raw.remote_port = static_cast<std::uint16_t>(address);
    });
  }
  EXPECT_EQ(identities.size(), 20'008U);
}

TEST(WalkParser, OnlyFullSocketsOfTheOwnNamespaceNeedACookie) {
  walk_record full = Connection(1);
  full.cookie = 0;
  walk_record mini_socket = Connection(2);
  mini_socket.cookie = 0;
  mini_socket.state = 6;
  mini_socket.flags = 0;
  walk_record foreign = Connection(3);
  foreign.cookie = 0;
  foreign.net_cookie = kOther;
  const ParsedWalk parsed = Parse({mini_socket, full, foreign});
  EXPECT_EQ(parsed.without_cookie, std::vector<std::size_t>{1});
}

}  // namespace
}  // namespace connwatch::walk_parser_test
