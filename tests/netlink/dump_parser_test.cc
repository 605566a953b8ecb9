#include "netlink/dump_parser.h"

#include <gtest/gtest.h>
#include <linux/netlink.h>

#include <cerrno>
#include <cstring>
#include <limits>

#include "tests/netlink/fixture.h"

namespace connwatch::dump_parser_test {
namespace {

class DumpParserTest : public testing::Test {
 protected:
  DumpParserTest() { parser_.Expect({SequenceOf(fixture_), PortIdOf(fixture_)}); }

  Fixture fixture_ = LoadFixture("established_ipv4");
  DumpParser parser_;
};

TEST_F(DumpParserTest, ReadsAWholeDatagram) {
  const Fixture second = LoadFixture("listen_ipv4");
  const auto datagram = Join({fixture_.bytes, second.bytes});
  const auto batch = parser_.Parse(datagram);
  ASSERT_TRUE(batch) << batch.error().context;
  EXPECT_EQ(batch->progress, DumpProgress::kMore);
  ASSERT_EQ(batch->records.size(), 2U);
  EXPECT_EQ(Describe(batch->records[0]), fixture_.record);
  EXPECT_EQ(Describe(batch->records[1]), second.record);
}

TEST_F(DumpParserTest, StopsAtDone) {
  const auto datagram =
      Join({fixture_.bytes, StatusMessage(fixture_, NLMSG_DONE, 0), fixture_.bytes});
  const auto batch = parser_.Parse(datagram);
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->progress, DumpProgress::kDone);
  EXPECT_EQ(batch->records.size(), 1U);
}

TEST_F(DumpParserTest, ANegativeStatusInDoneIsAnError) {
  const auto batch =
      parser_.Parse(Join({fixture_.bytes, StatusMessage(fixture_, NLMSG_DONE, -ENOBUFS)}));
  ASSERT_FALSE(batch);
  EXPECT_EQ(batch.error().code, ENOBUFS);
  EXPECT_EQ(batch.error().context, "the kernel answered NLMSG_DONE: No buffer space available");
}

TEST_F(DumpParserTest, TheLargestErrnoIsOne) {
  const auto batch = parser_.Parse(StatusMessage(fixture_, NLMSG_DONE, -4095));
  ASSERT_FALSE(batch);
  EXPECT_EQ(batch.error().code, 4095);
}

TEST_F(DumpParserTest, AStatusThatIsNoErrnoIsMalformed) {
  for (const std::int32_t status : {1, -4096, std::numeric_limits<std::int32_t>::min()}) {
    const auto batch = parser_.Parse(StatusMessage(fixture_, NLMSG_DONE, status));
    ASSERT_FALSE(batch) << status;
    EXPECT_EQ(batch.error().code, EBADMSG) << status;
  }
}

TEST_F(DumpParserTest, AnErrorMessageIsAnErrorAndAnAcknowledgementIsNot) {
  const auto failed = parser_.Parse(StatusMessage(fixture_, NLMSG_ERROR, -EPERM));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, EPERM);

  const auto acknowledged = parser_.Parse(StatusMessage(fixture_, NLMSG_ERROR, 0));
  ASSERT_TRUE(acknowledged);
  EXPECT_EQ(acknowledged->progress, DumpProgress::kMore);
}

TEST_F(DumpParserTest, AnOverrunIsNoBufferSpace) {
  const auto batch = parser_.Parse(StatusMessage(fixture_, NLMSG_OVERRUN, 0));
  ASSERT_FALSE(batch);
  EXPECT_EQ(batch.error().code, ENOBUFS);
}

TEST_F(DumpParserTest, DoneWithoutAStatusIsMalformed) {
  auto done = StatusMessage(fixture_, NLMSG_DONE, 0);
  done.resize(NLMSG_HDRLEN);
  const std::uint32_t length = NLMSG_HDRLEN;
  std::memcpy(done.data(), &length, sizeof(length));
  const auto batch = parser_.Parse(done);
  ASSERT_FALSE(batch);
  EXPECT_EQ(batch.error().code, EBADMSG);
}

TEST_F(DumpParserTest, PassesOverMessagesForOthers) {
  for (const DumpIdentity other : {DumpIdentity{SequenceOf(fixture_) + 1, PortIdOf(fixture_)},
                                   DumpIdentity{SequenceOf(fixture_), PortIdOf(fixture_) + 1}}) {
    parser_.Expect(other);
    const auto batch =
        parser_.Parse(Join({fixture_.bytes, StatusMessage(fixture_, NLMSG_DONE, 0)}));
    ASSERT_TRUE(batch);
    EXPECT_TRUE(batch->records.empty());
    EXPECT_EQ(batch->progress, DumpProgress::kMore);
  }
}

TEST_F(DumpParserTest, AnEmptyDatagramHasNoRecords) {
  const auto batch = parser_.Parse({});
  ASSERT_TRUE(batch);
  EXPECT_TRUE(batch->records.empty());
  EXPECT_EQ(batch->progress, DumpProgress::kMore);
}

TEST_F(DumpParserTest, CutAtEveryLength) {
  const auto datagram = Join({fixture_.bytes, StatusMessage(fixture_, NLMSG_DONE, 0)});
  const std::size_t first_end = fixture_.bytes.size();
  for (std::size_t length = 1; length < datagram.size(); ++length) {
    const std::vector<std::byte> cut(datagram.begin(),
                                     datagram.begin() + static_cast<std::ptrdiff_t>(length));
    const auto batch = parser_.Parse(cut);
    if (length == first_end) {
      ASSERT_TRUE(batch);
      EXPECT_EQ(batch->records.size(), 1U);
    } else {
      ASSERT_FALSE(batch) << length;
      EXPECT_EQ(batch.error().code, EBADMSG) << length;
    }
  }
}

TEST_F(DumpParserTest, RefusesAMessageShorterThanItsHeader) {
  for (const std::uint32_t length : {0U, 1U, 15U}) {
    auto message = fixture_.bytes;
    std::memcpy(message.data(), &length, sizeof(length));
    const auto batch = parser_.Parse(message);
    ASSERT_FALSE(batch) << length;
    EXPECT_EQ(batch.error().code, EBADMSG);
  }
}

}  // namespace
}  // namespace connwatch::dump_parser_test
