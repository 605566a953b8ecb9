#include "core/namespaces/listening_sockets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "tests/support/records.h"

namespace connwatch::listening_sockets_test {
namespace {

using testing::ElementsAre;

class ListeningSocketsTest : public testing::Test {
 protected:
  // Returns what Complete() returned.
  bool Poll(const std::vector<SocketRecord>& records) {
    Fail(records);
    return sockets_.Complete();
  }
  void Fail(const std::vector<SocketRecord>& records) {
    sockets_.Begin();
    for (const SocketRecord& record : records) sockets_.Add(record);
  }
  std::vector<std::uint64_t> Cookies() const {
    std::vector<std::uint64_t> cookies;
    for (const SocketRecord& record : sockets_.records()) cookies.push_back(record.cookie);
    return cookies;
  }

  Allowance room_{5};
  ListeningSockets sockets_{room_};
};

TEST_F(ListeningSocketsTest, TheSameTwiceIsNoChange) {
  EXPECT_TRUE(Poll({Listening(1, 80), Listening(2, 443, 3)}));
  EXPECT_FALSE(Poll({Listening(1, 80), Listening(2, 443, 3)}));
  EXPECT_THAT(Cookies(), ElementsAre(1, 2));
}

TEST_F(ListeningSocketsTest, NothingIsNoChangeAtFirst) { EXPECT_FALSE(Poll({})); }

TEST_F(ListeningSocketsTest, EveryFieldThatMayChangeIsCompared) {
  const SocketRecord before = Listening(1, 80, 1, 8);
  std::vector<SocketRecord> changed(6, before);
  changed[0].cookie = 2;
  changed[1].receive_queue = 2;
  changed[2].send_queue = 9;
  changed[3].drops = 1;
  changed[4].interface = 3;
  changed[5].local.port = 81;
  for (const SocketRecord& after : changed) {
    Poll({before});
    EXPECT_FALSE(Poll({before}));
    EXPECT_TRUE(Poll({after}));
  }
}

TEST_F(ListeningSocketsTest, AfterAChangeAllRecordsAreThere) {
  Poll({Listening(1, 80), Listening(2, 81), Listening(3, 82)});
  EXPECT_TRUE(Poll({Listening(1, 80), Listening(2, 81, 5), Listening(3, 82)}));
  EXPECT_THAT(Cookies(), ElementsAre(1, 2, 3));
  EXPECT_EQ(sockets_.records()[1].receive_queue, 5U);
  EXPECT_TRUE(Poll({Listening(1, 80), Listening(3, 82)}));
  EXPECT_THAT(Cookies(), ElementsAre(1, 3));
  EXPECT_TRUE(Poll({Listening(1, 80), Listening(4, 83), Listening(3, 82)}));
  EXPECT_THAT(Cookies(), ElementsAre(1, 4, 3));
  EXPECT_TRUE(Poll({}));
  EXPECT_THAT(Cookies(), ElementsAre());
}

TEST_F(ListeningSocketsTest, WhatAFailedPollFoundIsStillAChange) {
  Poll({Listening(1, 80), Listening(2, 81)});
  Fail({Listening(1, 80, 7)});
  EXPECT_TRUE(Poll({Listening(1, 80, 7), Listening(2, 81)})) << "nobody knows of the 7 yet";
  EXPECT_FALSE(Poll({Listening(1, 80, 7), Listening(2, 81)}));
}

TEST_F(ListeningSocketsTest, RoomIsSharedAndGivenBack) {
  {
    ListeningSockets other(room_);
    other.Begin();
    for (std::uint64_t cookie = 1; cookie <= 3; ++cookie) other.Add(Listening(cookie, 80));
    other.Complete();
    Poll({Listening(1, 80), Listening(2, 80), Listening(3, 80)});
    EXPECT_THAT(Cookies(), ElementsAre(1, 2));
    EXPECT_EQ(sockets_.left_out(), 1U);
  }
  EXPECT_TRUE(Poll({Listening(1, 80), Listening(2, 80), Listening(3, 80)}));
  EXPECT_EQ(sockets_.left_out(), 0U);
  Poll({});
  EXPECT_EQ(room_.taken(), 0U);
}

}  // namespace
}  // namespace connwatch::listening_sockets_test
