#include "config/config_loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstddef>
#include <iterator>
#include <numeric>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/config_schema.h"
#include "tests/config/mistakes.h"
#include "tests/support/scratch_directory.h"

namespace connwatch::config_loader_test {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

struct BadInput {
  std::string_view text;
  std::string_view line;  // KEYS stands for the top-level keys
};

// "poll, cpu_budget, ...": each first part of a key path once.
std::string TopLevelKeys() {
  Config config;
  std::vector<std::string> keys;
  for (const std::string& path : ConfigSchema(config).key_paths) {
    std::string key = path.substr(0, path.find('.'));
    if (keys.empty() || keys.back() != key) keys.push_back(std::move(key));
  }
  return std::accumulate(std::next(keys.begin()), keys.end(), keys.front(),
                         [](const auto& list, const auto& key) { return list + ", " + key; });
}

std::string Expected(const BadInput& input) {
  std::string line(input.line);
  const std::size_t keys = line.find("KEYS");
  return keys == std::string::npos ? line : line.replace(keys, 4, TopLevelKeys());
}

// One mistake each; the ranges are in config_schema_test.cc, the syntax in yaml_tree_test.cc.
constexpr BadInput kBadInputs[] = {
    {"full", "f:1:1: \"full\" is a single value, must be a mapping with keys: KEYS"},
    {"- poll", "f:1:1: is a list, must be a mapping with keys: KEYS"},
    {"pol: {}", "f:1:1: pol: unknown key, did you mean \"poll\"? known keys: KEYS"},
    {"<<: {poll: {}}", "f:1:1: <<: unknown key, known keys: KEYS"},
    {"poll:\n  ful: 1s\n",
     "f:2:3: poll.ful: unknown key, did you mean \"full\"? known keys: listeners, handshakes, "
     "full"},
    {"poll: 5s\n",
     "f:1:7: poll: \"5s\" is a single value, must be a mapping with keys: listeners, handshakes, "
     "full"},
    {"poll: [full]\n",
     "f:1:7: poll: is a list, must be a mapping with keys: listeners, handshakes, full"},
    {"poll: {full: }\n", "f:1:8: poll.full: has no value, must be a duration from 100ms to 1h"},
    {"poll: {full: [1s]}\n", "f:1:14: poll.full: is a list, must be a duration from 100ms to 1h"},
    {"poll: {full: 10}\n",
     "f:1:14: poll.full: \"10\" is not a whole number and a unit (us, ms, s, m, "
     "h), did you mean 10s? must be from 100ms to 1h"},
    {"poll: {full: 50ms}\n", "f:1:14: poll.full: 50ms is too short, must be from 100ms to 1h"},
    {"poll:\n  full: 1s\n  full: 2s\n",
     "f:3:3: poll.full: duplicate key, must be given once; it is already on line 2"},
    {"poll: {full: 1s}\n\"poll\": {full: 2s}\n",
     "f:2:1: poll: duplicate key, must be given once; it is already on line 1"},
    {"max_listeners:\n",
     "f:1:1: max_listeners: has no value, must be a whole number from 1 to 100000"},
    {"max_listeners: '5'\n",
     "f:1:16: max_listeners: \"5\" is in quotes, must be a whole number from 1 to 100000"},
    {"max_listeners: 5.5\n",
     "f:1:16: max_listeners: \"5.5\" is not a plain whole number, must be from 1 to 100000"},
    {"max_listeners: {a: 1}\n",
     "f:1:16: max_listeners: is a mapping, must be a whole number from 1 to 100000"},
    {"histograms: {rtt: 5s}\n",
     "f:1:19: histograms.rtt: \"5s\" is a single value, must be a list with from 1 to 50 values"},
    {"histograms: {rtt: }\n",
     "f:1:14: histograms.rtt: has no value, must be a list with from 1 to 50 values"},
    {"histograms: {rtt: [1s, ~]}\n",
     "f:1:19: histograms.rtt[1]: has no value, must be a duration from 1us to 1h"},
    {"log: {level: }\n",
     "f:1:7: log.level: has no value, must be one of: debug, info, warning, error"},
    {"log: {level: \"a\\nb\"}\n",
     "f:1:14: log.level: unknown word \"a\\nb\", must be one of: debug, info, warning, error"},
    {"poll: &x {full: 1s}\n",
     "f:1:7: anchors (&) and aliases (*) are not supported, must be written out"},
    {"poll: {full: 1s\n", "f:1:7: not valid YAML: opened here and never closed, must end with }"},
    {"poll: {full: 1s}\n---\n", "f:2:1: a second document starts here, must be a single one"},
};

TEST(ParseConfig, SaysWhatIsWrongAndWhatWouldBeRight) {
  for (const BadInput& input : kBadInputs) {
    EXPECT_THAT(Mistakes(input.text), ElementsAre(Expected(input))) << input.text;
  }
}

TEST(ParseConfig, FillsInTheDefaults) {
  Config expected;
  expected.log.level = LogLevel::kDebug;
  const ConfigResult result = ParseConfig("log: {level: debug}", "f");
  ASSERT_THAT(Lines(result), ElementsAre());
  EXPECT_EQ(std::get<Config>(result), expected);
}

TEST(ParseConfig, TakesEmptyMappingsForTheDefaults) {
  for (const std::string_view text : {"{}", "poll: {}\nweb: {}\n"}) {
    const ConfigResult result = ParseConfig(text, "f");
    ASSERT_THAT(Lines(result), ElementsAre());
    EXPECT_EQ(std::get<Config>(result), Config{});
  }
}

TEST(ParseConfig, TakesAFileInWhichAllIsCommentedOutForTheDefaults) {
  for (const std::string_view text : {"", "\n", "# poll: {full: 1s}\n", "---\n", "~\n"}) {
    const ConfigResult result = ParseConfig(text, "f");
    ASSERT_THAT(Lines(result), ElementsAre()) << text;
    EXPECT_EQ(std::get<Config>(result), Config{});
  }
}

TEST(ParseConfig, ReportsEveryMistakeInTheOrderOfTheFile) {
  EXPECT_THAT(
      Mistakes("web:\n"
               "  max_connections: 5\n"
               "  max_connections_per_address: 6\n"
               "log:\n"
               "  format: xml\n"
               "  color: true\n"
               "max_listeners: 0\n"
               "histograms:\n"
               "  rtt: [2s, 1s]\n"
               "poll:\n"
               "  full: fast\n"),
      ElementsAre("f:3:32: web.max_connections_per_address: 6 is too large, must be at most "
                  "max_connections, which is 5",
                  "f:5:11: log.format: unknown word \"xml\", must be one of: text, json",
                  "f:6:3: log.color: unknown key, known keys: level, format",
                  "f:7:16: max_listeners: 0 is too small, must be from 1 to 100000",
                  "f:9:13: histograms.rtt[1]: 1s is out of order, must be longer than 2s "
                  "before it",
                  "f:11:9: poll.full: \"fast\" is not a whole number and a unit (us, ms, s, "
                  "m, h), must be from 100ms to 1h"));
}

TEST(ParseConfig, PutsAMistakeFoundLateWhereItBelongs) {
  const std::vector<std::string> lines =
      Mistakes("web: {max_connections_per_address: 500}\nweb: {}\n");
  EXPECT_THAT(lines,
              ElementsAre("f:1:36: web.max_connections_per_address: 500 is too large, must be "
                          "at most max_connections, which is 100",
                          "f:2:1: web: duplicate key, must be given once; it is already on "
                          "line 1"));
}

TEST(ParseConfig, ReportsTheFirstTwentyMistakes) {
  std::string text;
  for (int i = 1; i <= 30; ++i) text += "key" + std::to_string(i) + ": 1\n";
  const std::vector<std::string> lines = Mistakes(text);
  ASSERT_THAT(lines, SizeIs(20));
  EXPECT_EQ(lines.front().substr(0, 12), "f:1:1: key1:");
  EXPECT_EQ(lines.back().substr(0, 14), "f:20:1: key20:");
}

TEST(ParseConfig, SurvivesAFileCutAtEveryLength) {
  const std::string_view text =
      "# ä\npoll: {full: \"1s\"}\nhistograms:\n  rtt:\n    - 1ms\n    - 2ms\nlog:\n  level: info\n";
  for (std::size_t length = 0; length <= text.size(); ++length) {
    for (const std::string& line : Mistakes(text.substr(0, length))) {
      EXPECT_EQ(line.find('\n'), std::string::npos) << line;
    }
  }
}

ConfigResult Load(const ScratchDirectory& scratch, std::string_view content) {
  return LoadConfig(scratch.Write("c.yaml", content));
}

TEST(LoadConfig, ReadsAFile) {
  const ScratchDirectory scratch;
  const ConfigResult result = Load(scratch, "max_listeners: 7\n");
  ASSERT_THAT(Lines(result), ElementsAre());
  EXPECT_EQ(std::get<Config>(result).max_listeners, 7U);
}

TEST(LoadConfig, NamesTheFile) {
  const ScratchDirectory scratch;
  EXPECT_THAT(Lines(Load(scratch, "poll: {full: 5ms}\n")),
              ElementsAre(scratch.PathTo("c.yaml") +
                          ":1:14: poll.full: 5ms is too short, must be from 100ms to 1h"));
}

TEST(LoadConfig, RefusesAFileThatIsMissing) {
  const ScratchDirectory scratch;
  EXPECT_THAT(
      Lines(LoadConfig(scratch.PathTo("c.yaml"))),
      ElementsAre(scratch.PathTo("c.yaml") + ": cannot be opened: No such file or directory"));
}

TEST(LoadConfig, RefusesADirectory) {
  const ScratchDirectory scratch;
  EXPECT_THAT(Lines(LoadConfig(scratch.path())),
              ElementsAre(scratch.path() + ": is a directory, must be a regular file"));
}

TEST(LoadConfig, RefusesAFifo) {
  const ScratchDirectory scratch;
  ASSERT_EQ(mkfifo(scratch.PathTo("c.yaml").c_str(), 0600), 0);
  EXPECT_THAT(Lines(LoadConfig(scratch.PathTo("c.yaml"))),
              ElementsAre(scratch.PathTo("c.yaml") + ": is not a regular file, must be one"));
}

TEST(LoadConfig, RefusesAFileOfTwoMegabytes) {
  const ScratchDirectory scratch;
  EXPECT_THAT(
      Lines(Load(scratch, std::string(2 << 20, '#'))),
      ElementsAre(scratch.PathTo("c.yaml") + ": is too large, must be at most 1048576 bytes"));
}

TEST(LoadConfig, TakesAFileOfOneMebibyte) {
  const ScratchDirectory scratch;
  const std::string text = "max_listeners: 7\n#";
  EXPECT_THAT(Lines(Load(scratch, text + std::string((1 << 20) - text.size(), '#'))),
              ElementsAre());
}

}  // namespace
}  // namespace connwatch::config_loader_test
