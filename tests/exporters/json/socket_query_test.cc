#include "exporters/json/socket_query.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace connwatch::socket_query_test {
namespace {

SocketQuery Accepted(std::string_view text) {
  auto query = ParseSocketQuery(text);
  if (const auto* mistake = std::get_if<QueryMistake>(&query)) {
    ADD_FAILURE() << text << ": " << mistake->text;
    return {};
  }
  return std::get<SocketQuery>(std::move(query));
}

// "position: text"
std::string Rejected(std::string_view text) {
  const auto query = ParseSocketQuery(text);
  const auto* mistake = std::get_if<QueryMistake>(&query);
  return mistake == nullptr ? "accepted" : std::to_string(mistake->position) + ": " + mistake->text;
}

TEST(SocketQueryTest, WithoutParametersItTakesEverySocket) {
  const SocketQuery query = Accepted("");
  EXPECT_EQ(query.states.bits(), TcpStateSet::All().bits());
  EXPECT_EQ(query.endpoints, EndpointFilter{});
  EXPECT_FALSE(query.direction || query.group);
  EXPECT_EQ(query.limit, 100U);
}

TEST(SocketQueryTest, TakesEveryParameter) {
  const SocketQuery query = Accepted(
      "state=syn-sent,SYN_RECV&sport=443&dport=8000-8099&src=10.0.0.0%2F8&dst=2001:db8::1"
      "&direction=inbound&group=edge&limit=7");
  EXPECT_EQ(query.states.bits(), (TcpStateSet{TcpState::kSynSent, TcpState::kSynRecv}.bits()));
  EXPECT_EQ(query.endpoints.local_ports, (PortRange{443, 443}));
  EXPECT_EQ(query.endpoints.remote_ports, (PortRange{8'000, 8'099}));
  EXPECT_EQ(query.endpoints.local_addresses->ToString(), "10.0.0.0/8");
  EXPECT_EQ(query.endpoints.remote_addresses->ToString(), "2001:db8::1/128");
  EXPECT_EQ(query.direction, Direction::kInbound);
  EXPECT_EQ(query.group, "edge");
  EXPECT_EQ(query.limit, 7U);
}

TEST(SocketQueryTest, TakesEveryStateInBothSpellings) {
  for (const TcpState state : kTcpStates) {
    std::string name(Name(state));
    EXPECT_EQ(Accepted("state=" + name).states.bits(), TcpStateSet{state}.bits());
    std::ranges::replace(name, '_', '-');
    EXPECT_EQ(Accepted("state=" + name).states.bits(), TcpStateSet{state}.bits());
  }
}

TEST(SocketQueryTest, SaysWhereAndWhatIsWrong) {
  const std::string states =
      ", must be one of: established, syn_sent, syn_recv, fin_wait1, fin_wait2, time_wait, close, "
      "close_wait, last_ack, listen, closing";
  EXPECT_EQ(Rejected("state=syn-sent,syn-wait"), "16: unknown state \"syn-wait\"" + states);
  EXPECT_EQ(Rejected("state="), "7: unknown state \"\"" + states);
  EXPECT_EQ(Rejected("limit=1&state=listen,"), "22: unknown state \"\"" + states);
  for (const char* port : {"65536", "-1", "1-", "-", "2-1", "http", "1-2-3", "", " 1", "+1"}) {
    EXPECT_EQ(Rejected("limit=1&sport=" + std::string(port)).substr(0, 4), "15: ") << port;
  }
  EXPECT_EQ(Rejected("dport=2-1"),
            "7: dport must be a port or a range such as 8000-8099, not \"2-1\"");
  EXPECT_EQ(Rejected("src=10.0.0.1/8"),
            "5: src: \"10.0.0.1/8\" has bits set beyond its length, must be 10.0.0.0/8");
  EXPECT_EQ(Rejected("dst=example.org"),
            "5: dst: \"example.org\" is not an IP address or prefix, must be such as 192.0.2.1, "
            "10.0.0.0/8 or fd00::/8");
  EXPECT_EQ(Rejected("direction=in"), "11: direction must be inbound or outbound, not \"in\"");
  EXPECT_EQ(Rejected("group="), "7: group is empty");
  EXPECT_EQ(Rejected("limit=0"), "7: limit must be a whole number from 1 to 1000, not \"0\"");
  EXPECT_EQ(
      Rejected("port=1"),
      "1: unknown parameter \"port\", known: state, sport, dport, src, dst, direction, group, "
      "limit");
  EXPECT_EQ(Rejected("limit=1&limit=2"), "9: parameter \"limit\" comes twice");
}

}  // namespace
}  // namespace connwatch::socket_query_test
