// Every range, at both of its ends and just past them.
#include "config/config_schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "config/config_loader.h"

namespace connwatch::config_schema_test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

// The configuration in `text`; a failure and the defaults where it has mistakes.
Config Accepted(std::string_view text) {
  ConfigResult result = ParseConfig(text, "f");
  if (const auto* errors = std::get_if<std::vector<ConfigError>>(&result)) {
    ADD_FAILURE() << text << ": " << errors->front().ToString();
    return {};
  }
  return std::get<Config>(std::move(result));
}

// The only mistake in `text`.
std::string Rejected(std::string_view text) {
  const ConfigResult result = ParseConfig(text, "f");
  const auto* errors = std::get_if<std::vector<ConfigError>>(&result);
  if (errors == nullptr) return "accepted";
  if (errors->size() != 1) return std::to_string(errors->size()) + " mistakes";
  return errors->front().ToString();
}

std::string ListOf(int count) {
  std::string list;
  for (int i = 1; i <= count; ++i) list += std::to_string(i) + "ms, ";
  return "histograms: {rtt: [" + list + "]}";
}

TEST(ConfigSchema, PollFull) {
  EXPECT_EQ(Accepted("poll: {full: 100ms}").poll.intervals.at(IndexOf(Tier::kFull)), 100ms);
  EXPECT_EQ(Accepted("poll: {full: 1h}").poll.intervals.at(IndexOf(Tier::kFull)), 1h);
  EXPECT_EQ(Rejected("poll: {full: 99ms}"),
            "f:1:14: poll.full: 99ms is too short, must be from 100ms to 1h");
  EXPECT_EQ(Rejected("poll: {full: 3600001ms}"),
            "f:1:14: poll.full: 3600001ms is too long, must be from 100ms to 1h");
}

// The value stands for the *.
struct Range {
  std::string key;
  std::string smallest;
  std::string largest;
  std::string too_small;
  std::string too_large;
};

std::vector<Range> Ranges() {
  std::vector<Range> ranges = {{"poll: {listeners: *}", "10ms", "1h", "9ms", "3600001ms"},
                               {"poll: {handshakes: *}", "100ms", "1h", "99ms", "3600001ms"},
                               {"cpu_budget: *", "0.1%", "100%", "0.09%", "100.01%"},
                               {"peak_window: *", "1s", "1h", "999ms", "3600001ms"},
                               {"destroy_event_budget: *", "0.1%", "100%", "0.09%", "100.01%"},
                               {"destroy_event_buffer: *", "4096B", "1GiB", "4095B", "1073741825B"},
                               {"max_network_namespaces: *", "0", "4096", "-1", "4097"},
                               {"max_tracked_connections: *", "1", "100000000", "0", "100000001"},
                               {"alert_resend_interval: *", "1s", "1h", "999ms", "3600001ms"}};
  for (const std::string key :
       {"min_syn_queue", "min_syn_queue_at_limit", "flood_source_prefixes", "few_source_prefixes",
        "flood_growth_per_second", "flood_standing_queue", "fresh_flood_queue",
        "min_syn_cookies_per_minute"}) {
    ranges.push_back({"diagnosis: {" + key + ": *}", "1", "1000000", "0", "1000001"});
  }
  return ranges;
}

TEST(ConfigSchema, RangesHoldBothTheirEnds) {
  for (const Range& range : Ranges()) {
    const auto with = [&range](const std::string& value) {
      std::string text = range.key;
      return Rejected(text.replace(text.find('*'), 1, value));
    };
    EXPECT_EQ(with(range.smallest), "accepted") << range.key;
    EXPECT_EQ(with(range.largest), "accepted") << range.key;
    EXPECT_THAT(with(range.too_small), HasSubstr(range.too_small + " is too s")) << range.key;
    EXPECT_THAT(with(range.too_large), HasSubstr(range.too_large + " is too l")) << range.key;
  }
}

TEST(ConfigSchema, MaxListeners) {
  EXPECT_EQ(Accepted("max_listeners: 1").max_listeners, 1U);
  EXPECT_EQ(Accepted("max_listeners: 100000").max_listeners, 100'000U);
  EXPECT_EQ(Rejected("max_listeners: 0"),
            "f:1:16: max_listeners: 0 is too small, must be from 1 to 100000");
  EXPECT_EQ(Rejected("max_listeners: 100001"),
            "f:1:16: max_listeners: 100001 is too large, must be from 1 to 100000");
}

TEST(ConfigSchema, ExcludeLoopback) {
  EXPECT_TRUE(Accepted("exclude_loopback: true").exclude_loopback);
  EXPECT_FALSE(Accepted("exclude_loopback: false").exclude_loopback);
  EXPECT_EQ(Rejected("exclude_loopback: yes"),
            "f:1:19: exclude_loopback: unknown word \"yes\", must be one of: false, true");
}

TEST(ConfigSchema, HandshakeTracing) {
  EXPECT_EQ(Accepted("handshake_tracing: auto").handshake_tracing, HandshakeTracing::kAuto);
  EXPECT_EQ(Accepted("handshake_tracing: on").handshake_tracing, HandshakeTracing::kOn);
  EXPECT_EQ(Accepted("handshake_tracing: off").handshake_tracing, HandshakeTracing::kOff);
  EXPECT_EQ(Rejected("handshake_tracing: yes"),
            "f:1:20: handshake_tracing: unknown word \"yes\", must be one of: auto, on, off");
}

TEST(ConfigSchema, HostRoot) {
  EXPECT_EQ(Accepted("host_root: /host").host_root, "/host");
  EXPECT_EQ(Accepted("group_by: port").host_root, "/");
  EXPECT_EQ(Rejected("host_root: host"),
            "f:1:12: host_root: is no absolute path, must be such as /host");
  EXPECT_EQ(Rejected("host_root: /" + std::string(4'096, 'x')),
            "f:1:12: host_root: is no absolute path, must be such as /host");
}

TEST(ConfigSchema, KernelWalk) {
  EXPECT_EQ(Accepted("kernel_walk: auto").kernel_walk, KernelWalk::kAuto);
  EXPECT_EQ(Accepted("kernel_walk: on").kernel_walk, KernelWalk::kOn);
  EXPECT_EQ(Accepted("kernel_walk: off").kernel_walk, KernelWalk::kOff);
  EXPECT_EQ(Rejected("kernel_walk: true"),
            "f:1:14: kernel_walk: unknown word \"true\", must be one of: auto, on, off");
}

TEST(ConfigSchema, GroupBy) {
  EXPECT_EQ(Accepted("group_by: port").group_by, GroupBy::kPort);
  EXPECT_EQ(Accepted("group_by: unit").group_by, GroupBy::kUnit);
  EXPECT_EQ(
      Rejected("group_by: units"),
      "f:1:11: group_by: unknown word \"units\", did you mean \"unit\"? must be one of: port, "
      "unit");
}

TEST(ConfigSchema, MaxGroups) {
  EXPECT_EQ(Accepted("max_groups: 1").max_groups, 1U);
  EXPECT_EQ(Accepted("max_groups: 10000").max_groups, 10'000U);
  EXPECT_EQ(Rejected("max_groups: 0"),
            "f:1:13: max_groups: 0 is too small, must be from 1 to 10000");
  EXPECT_EQ(Rejected("max_groups: 10001"),
            "f:1:13: max_groups: 10001 is too large, must be from 1 to 10000");
}

std::string GroupsOf(int count) {
  std::string list;
  for (int i = 1; i <= count; ++i) list += "{name: g" + std::to_string(i) + "}, ";
  return "groups: [" + list + "]";
}

TEST(ConfigSchema, GroupsFitIntoMaxGroups) {
  EXPECT_EQ(Accepted(GroupsOf(100)).groups.size(), 100U);
  EXPECT_EQ(Rejected(GroupsOf(101)),
            "f:1:9: groups: has 101 groups, must be at most max_groups, which is 100 unless set");
  EXPECT_EQ(Accepted("max_groups: 101\n" + GroupsOf(101)).groups.size(), 101U);
  EXPECT_EQ(
      Rejected(GroupsOf(3) + "\nmax_groups: 2"),
      "f:2:13: max_groups: 2 is too small, must be at least the number of groups, which is 3");
}

TEST(ConfigSchema, GroupCount) {
  const std::string room = "max_groups: 10000\n";
  EXPECT_EQ(Accepted(GroupsOf(0)).groups.size(), 0U);
  EXPECT_EQ(Accepted(room + GroupsOf(10'000)).groups.size(), 10'000U);
  EXPECT_EQ(Rejected(room + GroupsOf(10'001)),
            "f:2:9: groups: has 10001 values, must be a list with from 0 to 10000 values");
}

TEST(ConfigSchema, HistogramBounds) {
  const auto bounds = Accepted("histograms: {rtt: [1us, 3ms, 1h]}").histograms.rtt;
  EXPECT_EQ(bounds, (std::vector<std::chrono::microseconds>{1us, 3ms, 1h}));
  EXPECT_EQ(Rejected("histograms: {rtt: [0us]}"),
            "f:1:20: histograms.rtt[0]: 0us is too short, must be from 1us to 1h");
  EXPECT_EQ(Rejected("histograms: {rtt: [1s, 61m]}"),
            "f:1:24: histograms.rtt[1]: 61m is too long, must be from 1us to 1h");
}

TEST(ConfigSchema, HistogramBoundCount) {
  EXPECT_EQ(Accepted(ListOf(1)).histograms.rtt.size(), 1U);
  EXPECT_EQ(Accepted(ListOf(50)).histograms.rtt.size(), 50U);
  EXPECT_EQ(Rejected(ListOf(0)),
            "f:1:19: histograms.rtt: has 0 values, must be a list with from 1 to 50 values");
  EXPECT_EQ(Rejected(ListOf(51)),
            "f:1:19: histograms.rtt: has 51 values, must be a list with from 1 to 50 values");
}

TEST(ConfigSchema, HistogramBoundsAscend) {
  EXPECT_EQ(Rejected("histograms: {rtt: [1ms, 5ms, 5000us]}"),
            "f:1:30: histograms.rtt[2]: 5ms is out of order, must be longer than 5ms before it");
  EXPECT_EQ(Rejected("histograms:\n  rtt:\n    - 1s\n    - 250us\n"),
            "f:4:7: histograms.rtt[1]: 250us is out of order, must be longer than 1s before it");
}

TEST(ConfigSchema, WebMaxConnections) {
  EXPECT_EQ(
      Accepted("web: {max_connections: 1, max_connections_per_address: 1}").web.max_connections,
      1U);
  EXPECT_EQ(Accepted("web: {max_connections: 10000}").web.max_connections, 10'000U);
  EXPECT_EQ(Rejected("web: {max_connections: 0}"),
            "f:1:24: web.max_connections: 0 is too small, must be from 1 to 10000");
  EXPECT_EQ(Rejected("web: {max_connections: 10001}"),
            "f:1:24: web.max_connections: 10001 is too large, must be from 1 to 10000");
}

TEST(ConfigSchema, WebMaxConnectionsPerAddress) {
  const auto limit = [](std::string_view text) {
    return Accepted(text).web.max_connections_per_address;
  };
  EXPECT_EQ(limit("web: {max_connections_per_address: 1}"), 1U);
  EXPECT_EQ(limit("web: {max_connections: 10000, max_connections_per_address: 10000}"), 10'000U);
  EXPECT_EQ(Rejected("web: {max_connections_per_address: 0}"),
            "f:1:36: web.max_connections_per_address: 0 is too small, must be from 1 to 10000");
  EXPECT_EQ(Rejected("web: {max_connections_per_address: 10001}"),
            "f:1:36: web.max_connections_per_address: 10001 is too large, must be from 1 to 10000");
}

TEST(ConfigSchema, WebLimitPerAddressIsNotAboveTheLimitInAll) {
  EXPECT_EQ(Accepted("web: {max_connections_per_address: 100}").web.max_connections_per_address,
            100U);
  EXPECT_EQ(Rejected("web: {max_connections_per_address: 101}"),
            "f:1:36: web.max_connections_per_address: 101 is too large, must be at most "
            "max_connections, which is 100");
  EXPECT_EQ(Rejected("web: {max_connections_per_address: 5, max_connections: 4}"),
            "f:1:36: web.max_connections_per_address: 5 is too large, must be at most "
            "max_connections, which is 4");
  EXPECT_EQ(Accepted("web: {max_connections: 20}").web.max_connections, 20U);
  EXPECT_EQ(Rejected("web: {max_connections: 19}"),
            "f:1:24: web.max_connections: 19 is too small, must be at least "
            "max_connections_per_address, which is 20 unless set");
}

TEST(ConfigSchema, WebTimeout) {
  EXPECT_EQ(Accepted("web: {timeout: 1s}").web.timeout, 1s);
  EXPECT_EQ(Accepted("web: {timeout: 5m}").web.timeout, 5min);
  EXPECT_EQ(Accepted("web: {timeout: 2000ms}").web.timeout, 2s);
  EXPECT_EQ(Rejected("web: {timeout: 999ms}"),
            "f:1:16: web.timeout: 999ms is too short, must be from 1s to 5m");
  EXPECT_EQ(Rejected("web: {timeout: 301s}"),
            "f:1:16: web.timeout: 301s is too long, must be from 1s to 5m");
  EXPECT_EQ(Rejected("web: {timeout: 1500ms}"),
            "f:1:16: web.timeout: 1500ms is too fine, must be a multiple of 1s");
}

TEST(ConfigSchema, LogLevel) {
  EXPECT_EQ(Accepted("log: {level: debug}").log.level, LogLevel::kDebug);
  EXPECT_EQ(Accepted("log: {level: info}").log.level, LogLevel::kInfo);
  EXPECT_EQ(Accepted("log: {level: warning}").log.level, LogLevel::kWarning);
  EXPECT_EQ(Accepted("log: {level: \"error\"}").log.level, LogLevel::kError);
  EXPECT_EQ(Rejected("log: {level: warn}"),
            "f:1:14: log.level: unknown word \"warn\", did you mean \"warning\"? must be one of: "
            "debug, info, warning, error");
}

TEST(ConfigSchema, LogFormat) {
  EXPECT_EQ(Accepted("log: {format: text}").log.format, LogFormat::kText);
  EXPECT_EQ(Accepted("log: {format: json}").log.format, LogFormat::kJson);
  EXPECT_EQ(Rejected("log: {format: xml}"),
            "f:1:15: log.format: unknown word \"xml\", must be one of: text, json");
}

}  // namespace
}  // namespace connwatch::config_schema_test
