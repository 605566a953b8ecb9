#include "daemon/loop/handshake_runner.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "core/handshakes/handshake_source.h"
#include "monitor/clock.h"

namespace connwatch::handshake_runner_test {
namespace {

using namespace std::chrono_literals;

// A reading that takes long must not shorten the time that the next one leaves to the kernel.
TEST(HandshakeRunnerTest, BetweenTwoReadingsThereIsAlwaysTheWholeInterval) {
  const auto loop = EventLoop::Create().value();
  std::vector<MonotonicTime> begins;
  std::vector<MonotonicTime> ends;
  HandshakeRunner runner(*loop, [&](MonotonicTime now) {
    begins.push_back(now);
    std::this_thread::sleep_for(200ms);
    ends.push_back(Now().monotonic);
    if (begins.size() == 3) loop->Stop();
  });
  const MonotonicTime start = Now().monotonic;
  ASSERT_TRUE(runner.Start());
  EXPECT_TRUE(begins.empty());
  ASSERT_TRUE(loop->Run());
  EXPECT_GE(begins.at(0) - start, HandshakeSource::kInterval);
  EXPECT_GE(begins.at(1) - ends.at(0), HandshakeSource::kInterval);
  EXPECT_GE(begins.at(2) - ends.at(1), HandshakeSource::kInterval);
}

}  // namespace
}  // namespace connwatch::handshake_runner_test
