#include "netlink/details_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/netlink/fixture.h"
#include "tests/support/text_files.h"

namespace connwatch {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

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

// The message with one more attribute behind it.
std::vector<std::byte> WithAttribute(const Fixture& fixture, std::uint16_t type,
                                     std::string_view value) {
  const auto payload = PayloadOf(fixture);
  const nlattr header{static_cast<std::uint16_t>(NLA_HDRLEN + value.size()), type};
  const auto head = std::as_bytes(std::span(&header, 1));
  const auto body = std::as_bytes(std::span(value));
  std::vector<std::byte> message(payload.begin(), payload.end());
  message.insert(message.end(), head.begin(), head.end());
  message.insert(message.end(), body.begin(), body.end());
  return message;
}

TEST(DetailsMessageTest, TheCongestionControlIsANameThatNeedNotEnd) {
  using namespace std::string_view_literals;
  const Fixture fixture = LoadFixture("established_ipv4");
  EXPECT_EQ(DetailsOf("established_ipv4").congestion_control, "") << "it was not asked for";
  for (const auto value : {"cubic\0"sv, "cubic"sv, "cubic\0\0junk"sv}) {
    const auto details = ParseSocketDetails(WithAttribute(fixture, INET_DIAG_CONG, value));
    ASSERT_TRUE(details);
    EXPECT_EQ(details->congestion_control, "cubic");
    EXPECT_FALSE(details->tcp_info.empty()) << "the other attributes are read as well";
  }
  const auto other = ParseSocketDetails(WithAttribute(fixture, INET_DIAG_CLASS_ID, "cubic"));
  ASSERT_TRUE(other);
  EXPECT_EQ(other->congestion_control, "");
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
}  // namespace connwatch
