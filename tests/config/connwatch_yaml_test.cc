// Holds config/connwatch.yaml, the documentation of the configuration, to the code.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "config/config_loader.h"
#include "config/config_schema.h"
#include "config/regular_file.h"
#include "config/yaml_tree.h"

namespace connwatch::connwatch_yaml_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAreArray;

constexpr const char* kPath = CONNWATCH_SOURCE_DIR "/config/connwatch.yaml";

std::string ShippedText() { return ReadRegularFile(kPath, 1 << 20).value(); }

YamlNode TreeOf(std::string_view text) { return std::get<YamlNode>(ParseYaml(text)); }

std::vector<std::string> KeysInCode() {
  Config config;
  return ConfigSchema(config).key_paths;
}

// The keys below it are chosen by the user.
constexpr std::string_view kChosenKeys = "alert_labels";

bool HasKeys(const YamlNode& value) {
  return value.kind == YamlNode::Kind::kMapping && value.key != kChosenKeys;
}

// Every key below `node` that has a value of its own.
std::vector<std::string> KeysIn(const YamlNode& node, const std::string& prefix = {}) {
  std::vector<std::string> keys;
  for (const YamlNode& value : node.children) {
    const std::string path = prefix + value.key;
    if (!HasKeys(value)) {
      keys.push_back(path);
      continue;
    }
    for (std::string& below : KeysIn(value, path + ".")) keys.push_back(std::move(below));
  }
  return keys;
}

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    lines.push_back(text.substr(begin, end - begin));
    begin = end == std::string::npos ? text.size() : end + 1;
  }
  return lines;
}

void FindUndocumented(const YamlNode& node, const std::vector<std::string>& lines,
                      std::vector<std::string>& undocumented) {
  for (const YamlNode& value : node.children) {
    if (HasKeys(value)) {
      FindUndocumented(value, lines, undocumented);
      continue;
    }
    const auto line = static_cast<std::size_t>(value.key_position.line) - 1;
    const std::string above = line == 0 ? "" : lines[line - 1];
    const std::size_t text = above.find_first_not_of(' ');
    if (text == std::string::npos || above[text] != '#') undocumented.push_back(value.key);
  }
}

TEST(ConnwatchYaml, IsTheDefaults) {
  const ConfigResult shipped = LoadConfig(kPath);
  if (const auto* errors = std::get_if<std::vector<ConfigError>>(&shipped)) {
    FAIL() << errors->front().ToString();
  }
  EXPECT_EQ(std::get<Config>(shipped), Config{});
}

TEST(ConnwatchYaml, HoldsEveryKey) {
  EXPECT_THAT(KeysIn(TreeOf(ShippedText())), UnorderedElementsAreArray(KeysInCode()));
}

TEST(ConnwatchYaml, HasACommentAboveEveryKey) {
  const std::string text = ShippedText();
  std::vector<std::string> undocumented;
  FindUndocumented(TreeOf(text), LinesOf(text), undocumented);
  EXPECT_THAT(undocumented, IsEmpty());
}

// The text with a # before each line from `first` on, up to the first one that is not indented.
std::string WithSectionCommentedOut(std::vector<std::string> lines, std::size_t first) {
  for (std::size_t i = first; i < lines.size() && (lines[i].empty() || lines[i][0] == ' '); ++i) {
    lines[i].insert(0, "#");
  }
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

TEST(ConnwatchYaml, AllThatIsBelowAKeyCanBeCommentedOut) {
  const std::string text = ShippedText();
  int sections = 0;
  for (const YamlNode& value : TreeOf(text).children) {
    if (value.kind != YamlNode::Kind::kMapping) continue;
    ++sections;
    const auto below = static_cast<std::size_t>(value.key_position.line);
    const std::string commented_out = WithSectionCommentedOut(LinesOf(text), below);
    EXPECT_EQ(std::get<YamlNode>(ParseYaml(commented_out)).children.size(),
              TreeOf(text).children.size())
        << value.key;
    EXPECT_EQ(std::get<Config>(ParseConfig(commented_out, "f")), Config{}) << value.key;
  }
  EXPECT_GE(sections, 5) << "poll, histograms, diagnosis, web, log";
  for (const std::string list : {"groups", "alerts", "alertmanagers"}) {
    EXPECT_EQ(std::get<Config>(ParseConfig(list + ":\n#  - {}\n", "f")), Config{}) << list;
  }
}

TEST(ConnwatchYaml, EverythingCanBeCommentedOut) {
  std::string text;
  for (const std::string& line : LinesOf(ShippedText())) text += "# " + line + "\n";
  EXPECT_EQ(std::get<Config>(ParseConfig(text, "f")), Config{});
}

// The tests above fail for a key that is missing and for one without a comment.
TEST(ConnwatchYaml, IsComparedByMeansThatFindAMissingKey) {
  const std::string text = "poll:\n  # comment\n  full: 1s\nlog:\n\n  level: info\n";
  EXPECT_THAT(KeysIn(TreeOf(text)), ElementsAre("poll.full", "log.level"));
  std::vector<std::string> undocumented;
  FindUndocumented(TreeOf(text), LinesOf(text), undocumented);
  EXPECT_THAT(undocumented, ElementsAre("level"));
}

// A key whose value went nowhere would pass as a default.
TEST(ConnwatchYaml, ChangesWithEveryKey) {
  const std::vector<std::string> changed = {
      "poll: {listeners: 1s}",
      "poll: {handshakes: 2s}",
      "poll: {full: 1s}",
      "cpu_budget: 0.5%",
      "peak_window: 1s",
      "exclude_loopback: true",
      "groups: [{name: edge}]",
      "group_by: unit",
      "max_groups: 1",
      "max_listeners: 1",
      "host_root: /host",
      "kernel_walk: off",
      "handshake_tracing: off",
      "max_network_namespaces: 0",
      "destroy_events: off",
      "destroy_event_budget: 1%",
      "destroy_event_buffer: 1MiB",
      "max_tracked_connections: 1",
      "histograms: {rtt: [1s]}",
      "diagnosis: {min_syn_queue: 1}",
      "diagnosis: {min_syn_queue_at_limit: 1}",
      "diagnosis: {retransmitting_share: 1%}",
      "diagnosis: {settled_share: 1%}",
      "diagnosis: {flood_source_prefixes: 1}",
      "diagnosis: {few_source_prefixes: 1}",
      "diagnosis: {dominant_source_share: 1%}",
      "diagnosis: {flood_growth_per_second: 1}",
      "diagnosis: {flood_standing_queue: 1}",
      "diagnosis: {fresh_retransmitting_share: 1%}",
      "diagnosis: {fresh_flood_queue: 1}",
      "diagnosis: {fresh_growth_share: 1%}",
      "diagnosis: {min_syn_cookies_per_minute: 1}",
      "alerts: [{name: RttHigh, enabled: true}]",
      "alert_labels: {region: eu}",
      "runbook_url: https://wiki.example/",
      "alertmanagers: [{url: \"http://[::1]:9093\"}]",
      "alert_resend_interval: 30s",
      "web: {max_connections: 99}",
      "web: {max_connections_per_address: 1}",
      "web: {timeout: 1s}",
      "web: {sockets_api: true}",
      "web: {host_names: [watch.example]}",
      "web: {external_url: https://watch.example}",
      "log: {level: error}",
      "log: {format: json}",
  };
  std::vector<std::string> keys;
  for (const std::string& text : changed) {
    keys.push_back(KeysIn(TreeOf(text)).front());
    EXPECT_NE(std::get<Config>(ParseConfig(text, "f")), Config{}) << text;
  }
  EXPECT_EQ(keys, KeysInCode());
}

}  // namespace
}  // namespace connwatch::connwatch_yaml_test
