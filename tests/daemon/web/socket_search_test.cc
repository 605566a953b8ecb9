#include "daemon/web/socket_search.h"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <future>
#include <string>

#include "netlink/inet_diag_source.h"
#include "tests/support/scripted_source.h"

namespace connwatch {
namespace {

std::string ReadAll(BodyStream& stream) {
  std::string text;
  std::array<char, 4'096> buffer{};
  while (true) {
    const auto read = stream.Read(buffer);
    if (read.state == BodyStream::State::kComplete) return text;
    text.append(buffer.data(), read.bytes);
    if (read.state == BodyStream::State::kReady) continue;
    std::promise<void> more;
    stream.Await([&] { more.set_value(); });
    more.get_future().wait();
  }
}

TEST(SocketSearchTest, AnswersFromAThreadOfItsOwn) {
  InetDiagSource source;
  const ReportSlot nothing;
  SocketSearch search(source, nothing);
  const auto answer = search.Start({.states = {TcpState::kListen}});
  ASSERT_TRUE(answer);
  EXPECT_NE(ReadAll(**answer).find("\"is_complete\": true"), std::string::npos);
}

TEST(SocketSearchTest, OneAtATimeAndNoneAfterTheStop) {
  ScriptedSource source;
  source.Add({{{}, DumpProgress::kMore, std::nullopt}});  // never ends
  const ReportSlot nothing;
  SocketSearch search(source, nothing);
  const auto first = search.Start({});
  ASSERT_TRUE(first);
  const auto second = search.Start({});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, EBUSY);
  search.Stop();
  EXPECT_NE(ReadAll(**first).find("the daemon is stopping"), std::string::npos);
  const auto third = search.Start({});
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, ESHUTDOWN);
}

TEST(SocketSearchTest, SoManyAndThenOnePerSecond) {
  ScriptedSource source;
  const ReportSlot nothing;
  SocketSearch search(source, nothing);
  unsigned admitted = 0;
  for (unsigned i = 0; i < 3 * SocketSearch::kBurst; ++i) {
    source.AddOpenError({EMFILE, "no descriptor"});
    const auto answer = search.Start({});
    if (!answer) break;
    ReadAll(**answer);
    ++admitted;
  }
  EXPECT_GE(admitted, SocketSearch::kBurst);
  EXPECT_LT(admitted, 3 * SocketSearch::kBurst);
}

}  // namespace
}  // namespace connwatch
