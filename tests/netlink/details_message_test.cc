#include "netlink/details_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/inet_diag.h>
#include <linux/tcp.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/netlink/fixture.h"
#include "tests/support/text_files.h"

namespace connwatch::details_message_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::map<std::string_view, double> NumbersOf(const SocketDetails& details) {
  std::map<std::string_view, double> numbers;
  for (const TcpInfoNumber& number : details.tcp_info) {
    numbers[number.name] = static_cast<double>(number.value) / number.per_unit;
  }
  return numbers;
}

SocketDetails DetailsOf(const std::string& fixture) {
  const Fixture recorded = LoadFixture(fixture);
  auto details = ParseSocketDetails(PayloadOf(recorded));
  EXPECT_TRUE(details) << fixture;
  return std::move(details).value();
}

// The fixture has the line that ss showed of the same socket.
TEST(DetailsMessageTest, TellsWhatSsTells) {
  const SocketDetails details = DetailsOf("established_ipv4");
  EXPECT_EQ(details.timer, SocketTimer::kNone);
  EXPECT_EQ(details.uid, 0U);
  EXPECT_EQ(details.inode, 8'430'574U);
  EXPECT_THAT(details.options, ElementsAre("timestamps", "sack", "window_scaling", "app_limited"));
  auto numbers = NumbersOf(details);
  EXPECT_DOUBLE_EQ(numbers.at("rto_seconds"), 0.204);
  EXPECT_DOUBLE_EQ(numbers.at("rtt_seconds"), 0.000025);
  EXPECT_DOUBLE_EQ(numbers.at("rtt_variation_seconds"), 0.000012);
  EXPECT_DOUBLE_EQ(numbers.at("min_rtt_seconds"), 0.000025);
  EXPECT_DOUBLE_EQ(numbers.at("delayed_ack_timeout_seconds"), 0.04);
  EXPECT_EQ(numbers.at("send_mss_bytes"), 32'768);
  EXPECT_EQ(numbers.at("receive_mss_bytes"), 536);
  EXPECT_EQ(numbers.at("advertised_mss_bytes"), 65'483);
  EXPECT_EQ(numbers.at("path_mtu_bytes"), 65'535);
  EXPECT_EQ(numbers.at("congestion_window_segments"), 10);
  EXPECT_FALSE(numbers.contains("slow_start_threshold_segments")) << "infinite";
  EXPECT_EQ(numbers.at("bytes_acked"), 1);
  EXPECT_EQ(numbers.at("bytes_received"), 5);
  EXPECT_EQ(numbers.at("segments_sent"), 3);
  EXPECT_EQ(numbers.at("segments_received"), 2);
  EXPECT_EQ(numbers.at("data_segments_received"), 1);
  EXPECT_EQ(numbers.at("delivered_segments"), 1);
  EXPECT_EQ(numbers.at("receive_space_bytes"), 65'495);
  EXPECT_EQ(numbers.at("peer_window_bytes"), 65'536);
  EXPECT_EQ(numbers.at("send_window_scale"), 10);
  EXPECT_EQ(numbers.at("receive_window_scale"), 10);
}

TEST(DetailsMessageTest, EveryNumberIsExplained) {
  const std::string documented = ReadSourceFile("docs/api.md");
  for (const TcpInfoNumber& number : DetailsOf("established_long_tcp_info").tcp_info) {
    EXPECT_THAT(documented, HasSubstr("`" + std::string(number.name) + "`"));
  }
}

TEST(DetailsMessageTest, ATimeWaitSocketHasATimerAndNoTcpInfo) {
  const SocketDetails details = DetailsOf("time_wait_ipv4");
  EXPECT_EQ(details.timer, SocketTimer::kTimeWait);
  EXPECT_EQ(details.inode, 0U);
  EXPECT_TRUE(details.tcp_info.empty());
  EXPECT_TRUE(details.options.empty());
}

TEST(DetailsMessageTest, AHandshakeWaitsForItsRetransmission) {
  EXPECT_EQ(DetailsOf("syn_sent_ipv4").timer, SocketTimer::kRetransmission);
  EXPECT_EQ(DetailsOf("syn_recv_ipv4").timer, SocketTimer::kRetransmission);
}

TEST(DetailsMessageTest, AFieldBeyondTheTcpInfoIsAbsentNotZero) {
  const auto numbers = NumbersOf(DetailsOf("established_short_tcp_info"));
  EXPECT_TRUE(numbers.contains("rtt_seconds"));
  EXPECT_FALSE(numbers.contains("bytes_sent"));
}

TEST(DetailsMessageTest, TheCongestionControlIsANameThatNeedNotEnd) {
  using namespace std::string_view_literals;
  const Fixture fixture = LoadFixture("established_ipv4");
  const auto with_text = [&fixture](std::uint16_t type, std::string_view text) {
    return ParseSocketDetails(
        WithAttribute(PayloadOf(fixture), type, std::as_bytes(std::span(text))));
  };
  EXPECT_EQ(DetailsOf("established_ipv4").congestion_control, "") << "it was not asked for";
  for (const auto value : {"cubic\0"sv, "cubic"sv, "cubic\0\0junk"sv}) {
    const auto details = with_text(INET_DIAG_CONG, value);
    ASSERT_TRUE(details);
    EXPECT_EQ(details->congestion_control, "cubic");
    EXPECT_FALSE(details->tcp_info.empty()) << "the other attributes are read as well";
  }
  const auto other = with_text(INET_DIAG_CLASS_ID, "cubic");
  ASSERT_TRUE(other);
  EXPECT_EQ(other->congestion_control, "");
}

// Of a message with this tcp_info, cut to `size` bytes, and nothing else.
SocketDetails DetailsOf(const tcp_info& info, std::size_t size = sizeof(tcp_info)) {
  const inet_diag_msg message{};
  const auto bytes = WithAttribute(std::as_bytes(std::span(&message, 1)), INET_DIAG_INFO,
                                   std::as_bytes(std::span(&info, 1)).first(size));
  auto details = ParseSocketDetails(bytes);
  EXPECT_TRUE(details);
  return std::move(details).value();
}

TEST(DetailsMessageTest, WhatWasNeverMeasuredIsAbsent) {
  constexpr const char* kMeasured[] = {"rtt_seconds",
                                       "min_rtt_seconds",
                                       "receiver_rtt_seconds",
                                       "delayed_ack_timeout_seconds",
                                       "slow_start_threshold_segments",
                                       "pacing_rate_bytes_per_second"};
  tcp_info info{};
  info.tcpi_min_rtt = 0xffff'ffff;
  info.tcpi_snd_ssthresh = 0x7fff'ffff;
  info.tcpi_pacing_rate = 0xffff'ffff'ffff'ffff;
  const auto unmeasured = NumbersOf(DetailsOf(info));
  for (const char* name : kMeasured) EXPECT_FALSE(unmeasured.contains(name)) << name;
  EXPECT_EQ(unmeasured.at("bytes_sent"), 0) << "a count is measured always";

  info.tcpi_rtt = info.tcpi_rcv_rtt = info.tcpi_ato = 1;
  info.tcpi_min_rtt = 0;
  info.tcpi_snd_ssthresh = 0x7fff'fffe;
  info.tcpi_pacing_rate = 0xffff'ffff'ffff'fffe;
  const auto measured = NumbersOf(DetailsOf(info));
  for (const char* name : kMeasured) EXPECT_TRUE(measured.contains(name)) << name;
}

TEST(DetailsMessageTest, TimesAreInSeconds) {
  tcp_info info{};
  info.tcpi_rto = info.tcpi_rtt = info.tcpi_rttvar = info.tcpi_min_rtt = 2'000'000;
  info.tcpi_rcv_rtt = info.tcpi_ato = 2'000'000;
  info.tcpi_busy_time = info.tcpi_rwnd_limited = info.tcpi_sndbuf_limited = 2'000'000;
  info.tcpi_last_data_sent = info.tcpi_last_data_recv = info.tcpi_last_ack_recv = 2'000;
  std::size_t times = 0;
  for (const auto& [name, value] : NumbersOf(DetailsOf(info))) {
    if (!name.ends_with("_seconds")) continue;
    EXPECT_EQ(value, 2) << name;
    ++times;
  }
  EXPECT_EQ(times, 12U);
}

TEST(DetailsMessageTest, WhatIsNoTimeIsAWholeNumber) {
  for (const TcpInfoNumber& number : DetailsOf(tcp_info{}).tcp_info) {
    if (!number.name.ends_with("_seconds")) EXPECT_EQ(number.per_unit, 1U) << number.name;
  }
}

TEST(DetailsMessageTest, OptionsAreThoseOfTheHandshake) {
  tcp_info info{};
  EXPECT_THAT(DetailsOf(info).options, IsEmpty());
  info.tcpi_options = TCPI_OPT_ECN | TCPI_OPT_ECN_SEEN | TCPI_OPT_SYN_DATA;
  EXPECT_THAT(DetailsOf(info).options, ElementsAre("ecn", "ecn_seen", "fast_open"));
  info.tcpi_options = TCPI_OPT_SACK;
  info.tcpi_fastopen_client_fail = 3;  // in the byte of app_limited
  EXPECT_THAT(DetailsOf(info).options, ElementsAre("sack"));
  info.tcpi_delivery_rate_app_limited = 1;
  EXPECT_THAT(DetailsOf(info).options, ElementsAre("sack", "app_limited"));
}

TEST(DetailsMessageTest, WindowScalesAreThereIfBothSidesScale) {
  tcp_info info{};
  info.tcpi_snd_wscale = 7;
  info.tcpi_rcv_wscale = 14;
  EXPECT_FALSE(NumbersOf(DetailsOf(info)).contains("send_window_scale"));
  info.tcpi_options = TCPI_OPT_WSCALE;
  const auto numbers = NumbersOf(DetailsOf(info));
  EXPECT_EQ(numbers.at("send_window_scale"), 7);
  EXPECT_EQ(numbers.at("receive_window_scale"), 14);
}

TEST(DetailsMessageTest, WithoutTheirByteThereAreNoOptionsAndScales) {
  tcp_info info{};
  std::memset(&info, 0xff, sizeof(info));
  constexpr std::size_t kOptions = offsetof(tcp_info, tcpi_options);
  EXPECT_THAT(DetailsOf(info, kOptions).options, IsEmpty());
  const SocketDetails with_options = DetailsOf(info, kOptions + 1);
  EXPECT_EQ(with_options.options.size(), 6U);
  EXPECT_FALSE(NumbersOf(with_options).contains("send_window_scale"));
  const SocketDetails with_scales = DetailsOf(info, kOptions + 2);
  EXPECT_EQ(with_scales.options.size(), 6U);
  EXPECT_EQ(NumbersOf(with_scales).at("receive_window_scale"), 15);
}

TEST(DetailsMessageTest, TimersAreNumberedAsTheKernelDoes) {
  const Fixture fixture = LoadFixture("established_ipv4");
  const auto payload = PayloadOf(fixture);
  std::vector<std::byte> message(payload.begin(), payload.end());
  const auto timer_of = [&message](std::uint8_t number) {
    message.at(offsetof(inet_diag_msg, idiag_timer)) = std::byte{number};
    return ParseSocketDetails(message).value().timer;
  };
  EXPECT_EQ(timer_of(0), SocketTimer::kNone);
  EXPECT_EQ(timer_of(1), SocketTimer::kRetransmission);
  EXPECT_EQ(timer_of(2), SocketTimer::kKeepalive);
  EXPECT_EQ(timer_of(3), SocketTimer::kTimeWait);
  EXPECT_EQ(timer_of(4), SocketTimer::kPersist);
  EXPECT_EQ(timer_of(5), SocketTimer::kNone) << "of a newer kernel";
  EXPECT_EQ(timer_of(255), SocketTimer::kNone);
}

// As with the record: what reads the one reads the other.
TEST(DetailsMessageTest, CutAtEveryLength) {
  for (const Fixture& fixture : LoadFixtures()) {
    const auto payload = PayloadOf(fixture);
    for (std::size_t length = 0; length < payload.size(); ++length) {
      // A copy of exactly this size, so that AddressSanitizer sees any byte read behind it.
      const std::vector<std::byte> cut(payload.begin(),
                                       payload.begin() + static_cast<long>(length));
      const auto details = ParseSocketDetails(cut);
      if (!details) EXPECT_EQ(details.error().code, EBADMSG) << fixture.name << " at " << length;
      if (details) EXPECT_GE(length, sizeof(inet_diag_msg));
    }
  }
}

}  // namespace
}  // namespace connwatch::details_message_test
