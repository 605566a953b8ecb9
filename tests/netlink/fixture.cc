#include "tests/netlink/fixture.h"

#include <gtest/gtest.h>
#include <linux/netlink.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace connwatch {

namespace {

const std::filesystem::path kDirectory =
    std::filesystem::path(CONNWATCH_SOURCE_DIR) / "tests/testdata/netlink";

nlmsghdr HeaderOf(const Fixture& fixture) {
  nlmsghdr header{};
  std::memcpy(&header, fixture.bytes.data(), sizeof(header));
  return header;
}

void AppendHex(const std::string& word, std::vector<std::byte>& bytes) {
  constexpr int kHexadecimal = 16;
  for (std::size_t i = 0; i + 1 < word.size(); i += 2) {
    bytes.push_back(static_cast<std::byte>(std::stoi(word.substr(i, 2), nullptr, kHexadecimal)));
  }
}

template <typename Duration>
std::string CountOf(const std::optional<Duration>& duration) {
  return duration ? std::to_string(duration->count()) : "-";
}

std::string DescribeTraffic(const std::optional<TcpTraffic>& traffic) {
  if (!traffic) return "-";
  std::ostringstream text;
  text << "acked:" << traffic->bytes_acked << ",received:" << traffic->bytes_received
       << ",sent:" << traffic->bytes_sent << ",retransmitted:" << traffic->bytes_retransmitted
       << ",segments:" << traffic->segments_sent
       << ",retransmitted:" << traffic->segments_retransmitted << ",busy:" << traffic->busy.count()
       << ",rwnd:" << traffic->rwnd_limited.count()
       << ",sndbuf:" << traffic->sndbuf_limited.count();
  return text.str();
}

}  // namespace

Fixture LoadFixture(const std::string& name) {
  constexpr std::string_view kRecordKey = "# record: ";
  Fixture fixture{name, "", {}};
  std::ifstream file(kDirectory / (name + ".hex"));
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(kRecordKey)) fixture.record = line.substr(kRecordKey.size());
    if (line.starts_with("#")) continue;
    std::istringstream words(line);
    for (std::string word; words >> word;) AppendHex(word, fixture.bytes);
  }
  EXPECT_GE(fixture.bytes.size(), sizeof(nlmsghdr)) << name;
  return fixture;
}

std::vector<Fixture> LoadFixtures() {
  std::vector<Fixture> fixtures;
  for (const auto& entry : std::filesystem::directory_iterator(kDirectory)) {
    if (entry.path().extension() == ".hex") fixtures.push_back(LoadFixture(entry.path().stem()));
  }
  EXPECT_FALSE(fixtures.empty());
  return fixtures;
}

std::string Describe(const SocketRecord& record) {
  std::ostringstream text;
  text << Name(record.state) << ' ' << record.local.ToString() << ' ' << record.remote.ToString()
       << " interface=" << record.interface << " cookie=" << record.cookie
       << " queues=" << record.receive_queue << '/' << record.send_queue;
  const TcpInfo info = record.tcp_info.value_or(TcpInfo{});
  text << " rtt_us=" << CountOf(info.rtt)
       << " last_ack_ms=" << CountOf(info.since_last_ack_received)
       << " idle_ms=" << CountOf(info.idle) << " min_rtt_us=" << CountOf(info.min_rtt)
       << " traffic=" << DescribeTraffic(info.traffic);
  return text.str();
}

std::uint32_t SequenceOf(const Fixture& fixture) { return HeaderOf(fixture).nlmsg_seq; }
std::uint32_t PortIdOf(const Fixture& fixture) { return HeaderOf(fixture).nlmsg_pid; }

std::span<const std::byte> PayloadOf(const Fixture& fixture) {
  return std::span(fixture.bytes).subspan(NLMSG_HDRLEN);
}

std::vector<std::byte> WithAttribute(std::span<const std::byte> message, std::uint16_t type,
                                     std::span<const std::byte> value) {
  const nlattr header{static_cast<std::uint16_t>(NLA_HDRLEN + value.size()), type};
  const auto head = std::as_bytes(std::span(&header, 1));
  std::vector<std::byte> longer(message.begin(), message.end());
  longer.insert(longer.end(), head.begin(), head.end());
  longer.insert(longer.end(), value.begin(), value.end());
  return longer;
}

std::vector<std::byte> StatusMessage(const Fixture& reply_to, std::uint16_t type,
                                     std::int32_t status) {
  nlmsghdr header = HeaderOf(reply_to);
  header.nlmsg_type = type;
  header.nlmsg_len = NLMSG_HDRLEN + sizeof(status);
  std::vector<std::byte> message(header.nlmsg_len);
  std::memcpy(message.data(), &header, sizeof(header));
  std::memcpy(message.data() + NLMSG_HDRLEN, &status, sizeof(status));
  return message;
}

std::vector<std::byte> Join(const std::vector<std::vector<std::byte>>& messages) {
  std::vector<std::byte> datagram;
  for (const auto& message : messages) {
    datagram.insert(datagram.end(), message.begin(), message.end());
    datagram.resize(NLMSG_ALIGN(datagram.size()));
  }
  return datagram;
}

}  // namespace connwatch
