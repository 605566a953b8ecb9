#include "core/groups/listening_ports.h"

#include <gtest/gtest.h>

#include "tests/support/records.h"

namespace connwatch::listening_ports_test {
namespace {

using std::chrono::seconds;

MonotonicTime At(int second) { return MonotonicTime(seconds(1'000 + second)); }

SocketRecord Owned(std::uint16_t port, std::uint64_t cgroup_id) {
  SocketRecord listener = Listening(1, port);
  listener.cgroup_id = cgroup_id;
  return listener;
}

TEST(ListeningPortsTest, APortIsListenedOnAsLongAsPollsMeetAListener) {
  ListeningPorts ports;
  EXPECT_FALSE(ports.IsListening(443));
  ports.Add(Listening(1, 443), At(1));
  EXPECT_TRUE(ports.IsListening(443));
  ports.CompletePoll(At(1));
  EXPECT_TRUE(ports.IsListening(443));
  ports.CompletePoll(At(2));
  EXPECT_FALSE(ports.IsListening(443)) << "at once";
  EXPECT_TRUE(ports.HasListened(443, At(1)));
  EXPECT_FALSE(ports.HasListened(443, At(2)));
  ports.CompletePoll(At(61));
  EXPECT_TRUE(ports.HasListened(443, At(1)));
  ports.CompletePoll(At(62));
  EXPECT_FALSE(ports.HasListened(443, At(1))) << "that is too long ago";
  EXPECT_EQ(ports.known_at(), At(62));
}

TEST(ListeningPortsTest, TheTimeOfListeningBeginsAnewAfterAGap) {
  ListeningPorts ports;
  for (const int second : {1, 2, 3}) {
    ports.Add(Listening(1, 443), At(second));
    ports.CompletePoll(At(second));
  }
  EXPECT_EQ(ports.ListeningSince(443), At(1));
  ports.CompletePoll(At(4));
  EXPECT_EQ(ports.ListeningSince(443), std::nullopt);
  ports.Add(Listening(2, 443), At(5));
  EXPECT_EQ(ports.ListeningSince(443), At(5));
}

TEST(ListeningPortsTest, AFullPollThatBeganEarlierDoesNotBringAListenerBack) {
  ListeningPorts ports;
  ports.CompletePoll(At(5));
  ports.Add(Listening(1, 443), At(3));
  EXPECT_FALSE(ports.IsListening(443));
}

TEST(ListeningPortsTest, TheOwnerOfTheExactAddressThenOfTheWildcard) {
  ListeningPorts ports;
  ports.Add(Owned(443, 7), At(1));
  SocketRecord specific = Owned(443, 8);
  specific.local.address = Ipv4({192, 0, 2, 1});
  ports.Add(specific, At(1));
  EXPECT_EQ(ports.OwnerOf(Established(1, 443)), 8U);
  SocketRecord elsewhere = Established(1, 443);
  elsewhere.local.address = Ipv4({192, 0, 2, 9});
  EXPECT_EQ(ports.OwnerOf(elsewhere), 7U);
  EXPECT_EQ(ports.OwnerOf(Established(1, 80)), std::nullopt);
}

TEST(ListeningPortsTest, TheOwnerOfAClosedListenerIsKnownForAMinute) {
  ListeningPorts ports;
  ports.Add(Owned(443, 7), At(1));
  ports.CompletePoll(At(61));
  EXPECT_EQ(ports.OwnerOf(Established(1, 443)), 7U);
  ports.CompletePoll(At(62));
  EXPECT_EQ(ports.OwnerOf(Established(1, 443)), std::nullopt);
}

// A listener of its own address for each `number`.
SocketRecord OwnedAt(std::uint32_t number) {
  constexpr unsigned kByte = 0xff;
  SocketRecord listener = Owned(443, number + 1);
  listener.local.address =
      Ipv4({127, static_cast<int>(number >> 16U & kByte), static_cast<int>(number >> 8U & kByte),
            static_cast<int>(number & kByte)});
  return listener;
}

SocketRecord ConnectionOf(const SocketRecord& listener) {
  SocketRecord connection = Established(1, listener.local.port);
  connection.local = listener.local;
  return connection;
}

TEST(ListeningPortsTest, AListenerThatIsClosedMakesRoomForAnotherOwner) {
  constexpr std::uint32_t kMax = ListeningPorts::kMaxOwners;
  ListeningPorts ports;
  for (std::uint32_t i = 0; i <= kMax; ++i) ports.Add(OwnedAt(i), At(1));
  EXPECT_EQ(ports.owners(), kMax);
  EXPECT_EQ(ports.OwnerOf(ConnectionOf(OwnedAt(kMax))), std::nullopt);
  ports.CompletePoll(At(1));
  EXPECT_EQ(ports.owners(), kMax) << "all of them listen";
  ports.Add(OwnedAt(0), At(2));
  ports.CompletePoll(At(2));
  EXPECT_EQ(ports.owners(), 1U) << "room is needed, so the closed ones are not kept for a minute";
  EXPECT_EQ(ports.OwnerOf(ConnectionOf(OwnedAt(0))), 1U);
  ports.Add(OwnedAt(kMax), At(3));
  EXPECT_EQ(ports.OwnerOf(ConnectionOf(OwnedAt(kMax))), kMax + 1U);
}

}  // namespace
}  // namespace connwatch::listening_ports_test
