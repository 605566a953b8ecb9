#include "netlink/socket_message.h"

#include <gtest/gtest.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "tests/netlink/fixture.h"

namespace connwatch::socket_message_test {
namespace {

std::vector<std::byte> CopyOf(std::span<const std::byte> bytes) {
  return {bytes.begin(), bytes.end()};
}

TEST(SocketMessageTest, ReadsEveryRecordedMessage) {
  for (const Fixture& fixture : LoadFixtures()) {
    const auto record = ParseSocketMessage(PayloadOf(fixture));
    ASSERT_TRUE(record) << fixture.name << ": " << record.error().context;
    EXPECT_EQ(Describe(*record), fixture.record) << fixture.name;
  }
}

// A cut that falls between two attributes leaves a shorter, valid message; any other is EBADMSG.
TEST(SocketMessageTest, CutAtEveryLength) {
  for (const Fixture& fixture : LoadFixtures()) {
    const auto payload = PayloadOf(fixture);
    std::size_t valid_cuts = 0;
    for (std::size_t length = 0; length < payload.size(); ++length) {
      // A copy of exactly this size, so that AddressSanitizer sees any byte read behind it.
      const auto cut = CopyOf(payload.first(length));
      const auto record = ParseSocketMessage(cut);
      if (record) {
        ++valid_cuts;
        EXPECT_GE(length, sizeof(inet_diag_msg));
      } else {
        EXPECT_EQ(record.error().code, EBADMSG) << fixture.name << " cut at " << length;
      }
    }
    EXPECT_LE(valid_cuts, 64U) << fixture.name << ": one per attribute, plus padding";
  }
}

TEST(SocketMessageTest, AFieldBeyondTheTcpInfoIsAbsentNotZero) {
  const Fixture fixture = LoadFixture("established_ipv4");
  auto payload = CopyOf(PayloadOf(fixture));
  // Cut the message inside tcp_info, before tcpi_rtt (offset 68), and shorten the attribute.
  std::size_t offset = sizeof(inet_diag_msg);
  nlattr attribute{};
  while (true) {
    std::memcpy(&attribute, payload.data() + offset, sizeof(attribute));
    if (attribute.nla_type == INET_DIAG_INFO) break;
    offset += NLA_ALIGN(attribute.nla_len);
  }
  attribute.nla_len = NLA_HDRLEN + 60;
  std::memcpy(payload.data() + offset, &attribute, sizeof(attribute));
  payload.resize(offset + attribute.nla_len);

  const auto record = ParseSocketMessage(payload);
  ASSERT_TRUE(record);
  ASSERT_TRUE(record->tcp_info);
  EXPECT_FALSE(record->tcp_info->rtt);
  EXPECT_TRUE(record->tcp_info->since_last_ack_received);
}

// A message of an IPv4 socket with one attribute.
SocketRecord RecordWith(std::uint16_t type, std::span<const std::byte> value) {
  inet_diag_msg message{};
  message.idiag_family = AF_INET;
  message.idiag_state = 1;  // ESTABLISHED
  const auto record =
      ParseSocketMessage(WithAttribute(std::as_bytes(std::span(&message, 1)), type, value));
  EXPECT_TRUE(record);
  return record.value();
}

TcpInfo InfoOf(const tcp_info& info, std::size_t size = sizeof(tcp_info)) {
  return RecordWith(INET_DIAG_INFO, std::as_bytes(std::span(&info, 1)).first(size))
      .tcp_info.value();
}

TEST(SocketMessageTest, ThereIsTrafficOnceTheLastOfItsFieldsIsWhole) {
  tcp_info info{};
  info.tcpi_bytes_retrans = 7;
  constexpr std::size_t kEnd =
      offsetof(tcp_info, tcpi_bytes_retrans) + sizeof(tcp_info::tcpi_bytes_retrans);
  for (std::size_t size = 0; size < kEnd; ++size) EXPECT_FALSE(InfoOf(info, size).traffic) << size;
  EXPECT_EQ(InfoOf(info, kEnd).traffic.value().bytes_retransmitted, 7U);
}

TEST(SocketMessageTest, IdleIsSinceTheLatestOfThree) {
  tcp_info info{};
  for (auto* latest :
       {&info.tcpi_last_ack_recv, &info.tcpi_last_data_sent, &info.tcpi_last_data_recv}) {
    info.tcpi_last_ack_recv = info.tcpi_last_data_sent = info.tcpi_last_data_recv = 900;
    *latest = 5;
    EXPECT_EQ(InfoOf(info).idle, std::chrono::milliseconds(5));
  }
}

TEST(SocketMessageTest, IdleIsAbsentUnlessAllThreeAreThere) {
  constexpr std::size_t kEnd = offsetof(tcp_info, tcpi_last_ack_recv) + sizeof(std::uint32_t);
  for (std::size_t size = 0; size < kEnd; ++size) EXPECT_FALSE(InfoOf({}, size).idle) << size;
  EXPECT_TRUE(InfoOf({}, kEnd).idle);
}

TEST(SocketMessageTest, OnlyTheRetransmissionTimerSaysHowASegmentIsSentAgain) {
  tcp_info info{};
  info.tcpi_rto = 408'999;  // microseconds
  info.tcpi_backoff = 1;
  const auto read = [&info](std::uint8_t timer, std::size_t size = sizeof(tcp_info)) {
    inet_diag_msg message{};
    message.idiag_family = AF_INET;
    message.idiag_state = 1;  // ESTABLISHED
    message.idiag_timer = timer;
    message.idiag_retrans = 2;
    const auto record =
        ParseSocketMessage(WithAttribute(std::as_bytes(std::span(&message, 1)), INET_DIAG_INFO,
                                         std::as_bytes(std::span(&info, 1)).first(size)));
    EXPECT_EQ(record.value().retransmissions, 2U);
    return record.value().tcp_info.value().retransmission;
  };
  const Retransmission expected{.timeout = std::chrono::milliseconds(408), .backoff = 1};
  EXPECT_EQ(read(1), expected);
  constexpr std::size_t kEnd = offsetof(tcp_info, tcpi_rto) + sizeof(tcp_info::tcpi_rto);
  EXPECT_EQ(read(1, kEnd), expected);
  for (std::size_t size = 0; size < kEnd; ++size) EXPECT_FALSE(read(1, size)) << size;
  // None, a keepalive, TIME-WAIT, a probe of a closed window.
  for (const std::uint8_t timer : std::array<std::uint8_t, 4>{0, 2, 3, 4}) {
    EXPECT_FALSE(read(timer)) << int{timer};
  }
}

TEST(SocketMessageTest, TheCookieIsOfTwoWordsTheLowOneFirst) {
  auto payload = CopyOf(PayloadOf(LoadFixture("established_ipv4")));
  const std::array<std::uint32_t, 2> words = {1, 2};
  std::memcpy(payload.data() + offsetof(inet_diag_msg, id.idiag_cookie), words.data(),
              sizeof(words));
  EXPECT_EQ(ParseSocketMessage(payload).value().cookie, 0x2'0000'0001U);
}

TEST(SocketMessageTest, TheFamilyIsTheSocketsAndNotTheAddresses) {
  const auto family_of = [](const std::string& fixture) {
    return ParseSocketMessage(PayloadOf(LoadFixture(fixture))).value().socket_family;
  };
  EXPECT_EQ(family_of("established_ipv4"), AddressFamily::kIpv4);
  EXPECT_EQ(family_of("established_ipv6"), AddressFamily::kIpv6);
  EXPECT_EQ(family_of("established_v4_mapped"), AddressFamily::kIpv6);
}

TEST(SocketMessageTest, ARoundTripTimeThatWasNeverMeasuredIsAbsent) {
  tcp_info info{};
  info.tcpi_min_rtt = 0xffff'ffff;
  EXPECT_FALSE(InfoOf(info).rtt);
  EXPECT_FALSE(InfoOf(info).min_rtt);
  info.tcpi_rtt = 1;
  info.tcpi_min_rtt = 0;
  EXPECT_EQ(InfoOf(info).rtt, std::chrono::microseconds(1));
  EXPECT_EQ(InfoOf(info).min_rtt, std::chrono::microseconds(0));
}

TEST(SocketMessageTest, ReadsTheCgroup) {
  const std::uint64_t id = 0x0102'0304'0506'0708;
  const auto bytes = std::as_bytes(std::span(&id, 1));
  EXPECT_EQ(RecordWith(INET_DIAG_CGROUP_ID, bytes).cgroup_id, id);
  EXPECT_FALSE(RecordWith(INET_DIAG_CGROUP_ID, bytes.first<7>()).cgroup_id);
}

TEST(SocketMessageTest, ReadsWhetherASocketTakesNoIpv4) {
  constexpr std::array kYes = {std::byte{1}};
  constexpr std::array kNo = {std::byte{0}};
  EXPECT_TRUE(RecordWith(INET_DIAG_SKV6ONLY, kYes).is_v6_only);
  EXPECT_FALSE(RecordWith(INET_DIAG_SKV6ONLY, kNo).is_v6_only);
  EXPECT_FALSE(RecordWith(INET_DIAG_SKV6ONLY, {}).is_v6_only);
}

TEST(SocketMessageTest, ReadsTheDropsOfTheSocketMemory) {
  std::array<std::uint32_t, SK_MEMINFO_VARS> memory{};
  memory[SK_MEMINFO_DROPS] = 42;
  const auto bytes = std::as_bytes(std::span(memory));
  EXPECT_EQ(RecordWith(INET_DIAG_SKMEMINFO, bytes).drops, 42U);
  EXPECT_FALSE(RecordWith(INET_DIAG_SKMEMINFO, bytes.first(SK_MEMINFO_DROPS * 4)).drops)
      << "of a kernel that does not tell them";
}

struct BadAttribute {
  const char* name;
  std::uint16_t length;
};

TEST(SocketMessageTest, RefusesAttributesThatContradictTheirLength) {
  for (const auto& [name, length] : {BadAttribute{"shorter than its header", 3},
                                     BadAttribute{"zero", 0}, BadAttribute{"too long", 9}}) {
    auto payload = CopyOf(PayloadOf(LoadFixture("established_ipv4")).first(sizeof(inet_diag_msg)));
    const nlattr attribute{length, INET_DIAG_INFO};
    payload.resize(payload.size() + 8);
    std::memcpy(payload.data() + sizeof(inet_diag_msg), &attribute, sizeof(attribute));
    const auto record = ParseSocketMessage(payload);
    ASSERT_FALSE(record) << name;
    EXPECT_EQ(record.error().code, EBADMSG) << name;
  }
}

TEST(SocketMessageTest, PassesOverUnknownAttributes) {
  auto payload = CopyOf(PayloadOf(LoadFixture("established_ipv4")));
  const std::size_t end = payload.size();
  const nlattr unknown{NLA_HDRLEN, 4'000};
  payload.resize(end + NLA_HDRLEN);
  std::memcpy(payload.data() + end, &unknown, sizeof(unknown));
  const auto record = ParseSocketMessage(payload);
  ASSERT_TRUE(record);
  EXPECT_EQ(Describe(*record), LoadFixture("established_ipv4").record);
}

TEST(SocketMessageTest, RefusesUnknownStatesAndFamilies) {
  for (const std::size_t offset :
       {offsetof(inet_diag_msg, idiag_state), offsetof(inet_diag_msg, idiag_family)}) {
    auto payload = CopyOf(PayloadOf(LoadFixture("established_ipv4")));
    payload.at(offset) = std::byte{200};
    const auto record = ParseSocketMessage(payload);
    ASSERT_FALSE(record);
    EXPECT_EQ(record.error().code, EBADMSG);
  }
}

}  // namespace
}  // namespace connwatch::socket_message_test
