#include "daemon/web/socket_searches.h"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <future>
#include <string>

#include "netlink/inet_diag_source.h"
#include "tests/support/scripted_source.h"

namespace connwatch::socket_searches_test {
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

TEST(SocketSearchesTest, AnswersFromAThreadOfItsOwn) {
  InetDiagSource source;
  const ReportSlot nothing;
  SocketSearches search(source, nothing, "/");
  const auto answer = search.Start({.states = {TcpState::kListen}});
  ASSERT_TRUE(answer);
  EXPECT_NE(ReadAll(**answer).find("\"is_complete\": true"), std::string::npos);
}

TEST(SocketSearchesTest, OneAtATimeAndNoneAfterTheStop) {
  ScriptedSource source;
  source.Add({{{}, DumpProgress::kMore, std::nullopt}});  // never ends
  const ReportSlot nothing;
  SocketSearches search(source, nothing, "/");
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

TEST(SocketSearchesTest, SoManyAndThenOnePerSecond) {
  ScriptedSource source;
  const ReportSlot nothing;
  SocketSearches search(source, nothing, "/");
  unsigned admitted = 0;
  for (unsigned i = 0; i < 3 * SocketSearches::kBurst; ++i) {
    source.AddOpenError({EMFILE, "no descriptor"});
    const auto answer = search.Start({});
    if (!answer) break;
    ReadAll(**answer);
    ++admitted;
  }
  EXPECT_GE(admitted, SocketSearches::kBurst);
  EXPECT_LT(admitted, 3 * SocketSearches::kBurst);
}

}  // namespace
}  // namespace connwatch::socket_searches_test
