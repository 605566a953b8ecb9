#include "core/listeners/listener_match.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/records.h"

namespace connwatch::listener_match_test {
namespace {

using testing::ElementsAre;

std::vector<std::string> Candidates(IpAddress local, AddressFamily socket_family,
                                    std::uint32_t interface = 0) {
  SocketRecord syn_recv = SynRecv(local, 80, socket_family);
  syn_recv.interface = interface;
  std::vector<std::string> names;
  for (const ListenerKey& key : CandidatesFor(syn_recv)) names.push_back(FormatListener(key, ""));
  return names;
}

const IpAddress kIpv4 = Ipv4({192, 0, 2, 1});
const IpAddress kIpv6 = IpAddress::Parse("2001:db8::1").value();

TEST(ListenerMatchTest, TheExactAddressBeforeTheWildcardOfItsFamily) {
  EXPECT_THAT(Candidates(kIpv4, AddressFamily::kIpv4), ElementsAre("192.0.2.1:80", "0.0.0.0:80"));
  EXPECT_THAT(Candidates(kIpv6, AddressFamily::kIpv6), ElementsAre("[2001:db8::1]:80", "[::]:80"));
}

TEST(ListenerMatchTest, TheInterfaceBeforeNone) {
  EXPECT_THAT(Candidates(kIpv4, AddressFamily::kIpv4, 7),
              ElementsAre("192.0.2.1%7:80", "192.0.2.1:80", "0.0.0.0%7:80", "0.0.0.0:80"));
  EXPECT_THAT(Candidates(kIpv6, AddressFamily::kIpv6, 7),
              ElementsAre("[2001:db8::1%7]:80", "[2001:db8::1]:80", "[::%7]:80", "[::]:80"));
}

TEST(ListenerMatchTest, ADualStackListenerIsBoundToEitherWildcard) {
  EXPECT_THAT(Candidates(kIpv4, AddressFamily::kIpv6),
              ElementsAre("192.0.2.1:80", "0.0.0.0:80", "[::]:80"));
  EXPECT_THAT(Candidates(kIpv4, AddressFamily::kIpv6, 7),
              ElementsAre("192.0.2.1%7:80", "192.0.2.1:80", "0.0.0.0%7:80", "[::%7]:80",
                          "0.0.0.0:80", "[::]:80"));
}

}  // namespace
}  // namespace connwatch::listener_match_test
