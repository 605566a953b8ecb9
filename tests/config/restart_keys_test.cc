#include "config/restart_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/text_files.h"

namespace connwatch::restart_keys_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(RestartKeysTest, TellsWhichHaveChanged) {
  const std::vector<std::pair<std::string, std::function<void(Config&)>>> changes = {
      {"peak_window", [](Config& config) { config.peak_window *= 2; }},
      {"exclude_loopback", [](Config& config) { config.exclude_loopback = true; }},
      {"max_listeners", [](Config& config) { ++config.max_listeners; }},
      {"host_root", [](Config& config) { config.host_root = "/host"; }},
      {"kernel_walk", [](Config& config) { config.kernel_walk = KernelWalk::kOff; }},
      {"handshake_tracing",
       [](Config& config) { config.handshake_tracing = HandshakeTracing::kOff; }},
      {"max_network_namespaces", [](Config& config) { ++config.max_network_namespaces; }},
      {"max_tracked_connections", [](Config& config) { ++config.max_tracked_connections; }},
      {"web:", [](Config& config) { ++config.web.max_connections; }}};
  Config all;
  for (const auto& [name, change] : changes) {
    Config one;
    change(one);
    change(all);
    EXPECT_THAT(ChangedRestartKeys({}, one), ElementsAre(name));
  }
  EXPECT_THAT(ChangedRestartKeys({}, all), testing::ElementsAreArray(RestartKeys()));
}

TEST(RestartKeysTest, OtherKeysTakeEffectAtOnce) {
  Config changed;
  changed.cpu_budget = 0.5;
  changed.poll.intervals.fill(std::chrono::milliseconds(500));
  changed.log.level = LogLevel::kDebug;
  EXPECT_THAT(ChangedRestartKeys({}, changed), IsEmpty());
}

TEST(RestartKeysTest, AreThoseOfTheManual) {
  const std::string manual = ReadSourceFile("docs/operations.md");
  const std::string reload = manual.substr(manual.find("A reload (`systemctl reload connwatch`)"));
  const std::string paragraph = reload.substr(0, reload.find("\n\n"));
  for (const std::string_view key : RestartKeys()) {
    EXPECT_THAT(paragraph, HasSubstr("`" + std::string(key) + "`"));
  }
  // The command, and a pair of marks for each key.
  EXPECT_EQ(std::ranges::count(paragraph, '`') / 2, 1 + std::ssize(RestartKeys()));
}

}  // namespace
}  // namespace connwatch::restart_keys_test
