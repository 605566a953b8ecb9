// The rules of groups as a whole file shows them; their words are in group_parser_test.cc.
#include "config/group_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/config_loader.h"
#include "tests/config/mistakes.h"

namespace connwatch::group_reader_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// The rules in `text`; none where it has mistakes.
std::vector<GroupRule> Rules(std::string_view text) {
  const ConfigResult result = ParseConfig(text, "f");
  EXPECT_THAT(Lines(result), IsEmpty());
  const auto* config = std::get_if<Config>(&result);
  return config != nullptr ? config->groups : std::vector<GroupRule>{};
}

IpPrefix Prefix(std::string_view text) { return *IpPrefix::Parse(text); }

TEST(GroupReader, ReadsEveryKey) {
  const GroupMatch inbound{.direction = Direction::kInbound,
                           .local_ports = {{443, 443}, {8'443, 8'443}}};
  const GroupMatch outbound{.direction = Direction::kOutbound,
                            .remote_ports = {{5'432, 5'432}, {6'000, 6'100}},
                            .local_addresses = {Prefix("192.0.2.1/32")},
                            .remote_addresses = {Prefix("10.0.0.0/8"), Prefix("fd00::/8")},
                            .units = {{"postgresql.service", false}, {"docker-", true}}};
  EXPECT_THAT(Rules("groups:\n"
                    "  - name: edge\n"
                    "    match: {direction: inbound, local_port: [443, 8443]}\n"
                    "  - name: db\n"
                    "    match:\n"
                    "      direction: outbound\n"
                    "      remote_port: [5432, 6000-6100]\n"
                    "      local_address: 192.0.2.1\n"
                    "      remote_address: [10.0.0.0/8, \"fd00::/8\"]\n"
                    "      unit: [postgresql.service, docker-*]\n"),
              ElementsAre(GroupRule{"edge", inbound}, GroupRule{"db", outbound}));
}

TEST(GroupReader, TakesASingleValueForAList) {
  EXPECT_THAT(
      Rules(
          "groups: [{name: a, match: {local_port: 443, remote_port: \"1-9\", remote_address: ::1, "
          "unit: \"*\"}}]"),
      ElementsAre(GroupRule{"a",
                            {.local_ports = {{443, 443}},
                             .remote_ports = {{1, 9}},
                             .remote_addresses = {Prefix("::1")},
                             .units = {{"", true}}}}));
}

TEST(GroupReader, AMatchMayBeEmptyOrAbsent) {
  EXPECT_THAT(Rules("groups: [{name: a}, {name: b, match: {}}]"),
              ElementsAre(GroupRule{"a", {}}, GroupRule{"b", {}}));
  EXPECT_THAT(Rules("groups: []"), IsEmpty());
}

struct BadInput {
  std::string_view text;
  std::string_view line;
};

constexpr std::string_view kMatchKeys =
    "direction, local_port, remote_port, local_address, remote_address, unit";

// One mistake each.
const BadInput kBadInputs[] = {
    {"groups: {name: a}",
     "f:1:9: groups: is a mapping, must be a list with from 0 to 10000 values"},
    {"groups: [a]",
     "f:1:10: groups[0]: \"a\" is a single value, must be a mapping with keys: name, match"},
    {"groups: [{match: {}}]", "f:1:10: groups[0]: has no name, must have the key name"},
    {"groups: [{name: a}, {}]", "f:1:21: groups[1]: has no name, must have the key name"},
    {"groups: [{nam: a}]",
     "f:1:11: groups[0].nam: unknown key, did you mean \"name\"? known keys: name, match"},
    {"groups: [{name: [a]}]", "f:1:17: groups[0].name: is a list, must be a name"},
    {"groups: [{name: ~}]", "f:1:11: groups[0].name: has no value, must be a name"},
    {"groups: [{name: other}]",
     "f:1:17: groups[0].name: \"other\" is the group of all beyond max_groups, must be another "
     "name"},
    {"groups: [{name: 443}]",
     "f:1:17: groups[0].name: \"443\" is the automatic group of a port, must not be digits only"},
    {"groups:\n  - name: a\n  - name: b\n  - name: a\n",
     "f:4:11: groups[2].name: \"a\" is the name of groups[0] already, must be another name"},
    {"groups: [{name: a, match: inbound}]",
     "f:1:27: groups[0].match: \"inbound\" is a single value, must be a mapping with keys: KEYS"},
    {"groups: [{name: a, match: {port: 443}}]",
     "f:1:28: groups[0].match.port: unknown key, known keys: KEYS"},
    {"groups: [{name: a, match: {direction: in}}]",
     "f:1:39: groups[0].match.direction: unknown word \"in\", must be one of: inbound, outbound"},
    {"groups: [{name: a, match: {direction: [inbound, outbound]}}]",
     "f:1:39: groups[0].match.direction: is a list, must be one of: inbound, outbound"},
    {"groups: [{name: a, match: {local_port: []}}]",
     "f:1:40: groups[0].match.local_port: has 0 values, must be a list with from 1 to 1000 values"},
    {"groups: [{name: a, match: {local_port: }}]",
     "f:1:28: groups[0].match.local_port: has no value, must be a port such as 443 or a range such "
     "as 6000-6100"},
    {"groups: [{name: a, match: {local_port: https}}]",
     "f:1:40: groups[0].match.local_port: \"https\" is not a port, must be such as 443 or "
     "6000-6100"},
    {"groups: [{name: a, match: {remote_port: [1, 70000]}}]",
     "f:1:45: groups[0].match.remote_port[1]: 70000 is too large, must be from 1 to 65535"},
    {"groups: [{name: a, match: {remote_port: [[1]]}}]",
     "f:1:42: groups[0].match.remote_port[0]: is a list, must be a port such as 443 or a range "
     "such as 6000-6100"},
    {"groups: [{name: a, match: {remote_address: 10.0.0.1/8}}]",
     "f:1:44: groups[0].match.remote_address: \"10.0.0.1/8\" has bits set beyond its length, must "
     "be 10.0.0.0/8"},
    {"groups: [{name: a, match: {local_address: {}}}]",
     "f:1:43: groups[0].match.local_address: is a mapping, must be an address or a prefix such as "
     "10.0.0.0/8"},
    {"groups: [{name: a, match: {local_address: [\"::ffff:10.0.0.1\"]}}]",
     "f:1:44: groups[0].match.local_address[0]: \"::ffff:10.0.0.1\" is in v4-mapped form, must be "
     "in IPv4 form, 10.0.0.1/32"},
    {"groups: [{name: a, match: {unit: \"\"}}]",
     "f:1:34: groups[0].match.unit: \"\" is empty, must be such as nginx.service or \"docker-*\""},
    {"groups: [{name: a, match: {unit: {}}}]",
     "f:1:34: groups[0].match.unit: is a mapping, must be a unit such as nginx.service or "
     "\"docker-*\""},
};

TEST(GroupReader, SaysWhatIsWrongAndWhatWouldBeRight) {
  for (const BadInput& input : kBadInputs) {
    std::string line(input.line);
    if (const std::size_t keys = line.find("KEYS"); keys != std::string::npos) {
      line.replace(keys, 4, kMatchKeys);
    }
    EXPECT_THAT(Mistakes(input.text), ElementsAre(line)) << input.text;
  }
}

TEST(GroupReader, NamesEveryRepeatedName) {
  EXPECT_THAT(
      Mistakes("groups: [{name: a}, {name: a}, {name: a}]"),
      ElementsAre("f:1:28: groups[1].name: \"a\" is the name of groups[0] already, must be another "
                  "name",
                  "f:1:39: groups[2].name: \"a\" is the name of groups[0] already, must be another "
                  "name"));
}

std::string ListOfPorts(int count) {
  std::string list;
  for (int i = 1; i <= count; ++i) list += std::to_string(i) + ", ";
  return "groups: [{name: a, match: {local_port: [" + list + "]}}]";
}

TEST(GroupReader, CountsTheValuesOfAKey) {
  EXPECT_EQ(Rules(ListOfPorts(1'000)).front().match.local_ports.size(), 1'000U);
  EXPECT_THAT(Mistakes(ListOfPorts(1'001)),
              ElementsAre("f:1:40: groups[0].match.local_port: has 1001 values, must be a list "
                          "with from 1 to 1000 values"));
}

TEST(GroupReader, TenThousandRulesFitIntoAFile) {
  std::string text = "max_groups: 10000\ngroups:\n";
  for (int i = 1; i <= 10'000; ++i) {
    text += "- {name: group-" + std::to_string(i) +
            ", match: {direction: inbound, local_port: [443, 8443], unit: a.service}}\n";
  }
  EXPECT_LE(text.size(), std::size_t{1} << 20U);
  EXPECT_EQ(Rules(text).size(), 10'000U);
}

}  // namespace
}  // namespace connwatch::group_reader_test
