#include "config/value_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace connwatch::value_reader_test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

// The mistakes that `reader` finds in `text`, each without the name of the file.
std::vector<std::string> Mistakes(const ValueReader& reader, std::string_view text) {
  const std::variant<YamlNode, YamlMistake> parsed = ParseYaml(text);
  ConfigErrorList errors("f");
  reader.read({std::get<YamlNode>(parsed), {}, errors});
  std::vector<std::string> lines;
  for (const ConfigError& error : std::move(errors).TakeSorted()) {
    lines.push_back(error.ToString().substr(2));
  }
  return lines;
}

// What a list of structs and a mapping in a mapping look like.
struct Rule {
  std::uint16_t port = 0;
  std::chrono::seconds age{7};

  bool operator==(const Rule&) const = default;
};

struct Rules {
  unsigned limit = 3;
  std::vector<Rule> rules;
};

ValueReader RulesReader(Rules& into) {
  const auto rule = [](Rule& one) {
    return Mapping({{"port", Number(one.port, {.min = 1, .max = 65'535})},
                    {"age", Duration(one.age, {.min = 1s, .max = 1h})}});
  };
  return Mapping({{"limit", Number(into.limit, {.min = 0, .max = 5})},
                  {"rules", List(into.rules, {.min = 0, .max = 2}, rule)}});
}

TEST(ValueReader, FillsWhatIsGivenAndLeavesTheRest) {
  Rules rules;
  EXPECT_THAT(Mistakes(RulesReader(rules), "rules: [{port: 443, age: 1m}, {port: 65535}]"),
              IsEmpty());
  EXPECT_EQ(rules.limit, 3U);
  EXPECT_THAT(rules.rules, ElementsAre(Rule{443, 60s}, Rule{65'535, 7s}));
}

TEST(ValueReader, ReplacesAList) {
  Rules rules{.rules = {Rule{1, 1s}, Rule{2, 2s}}};
  EXPECT_THAT(Mistakes(RulesReader(rules), "rules: []"), IsEmpty());
  EXPECT_THAT(rules.rules, IsEmpty());
}

// As if all below a key were commented out.
TEST(ValueReader, NothingBelowAKeyIsNoKeyBelowIt) {
  unsigned checked = 0;
  Rules rules{.rules = {Rule{1, 1s}}};
  std::vector<char> letters{'x'};
  const auto letter = [](char& into) {
    return Text<char>(into, "a letter", [](std::string_view) { return Result<char>('y'); });
  };
  const ValueReader reader = Mapping(
      {{"a", RulesReader(rules)}, {"letters", OneOrList(letters, {.min = 0, .max = 2}, letter)}},
      [&checked](const Place& /*place*/) { ++checked; });
  EXPECT_THAT(Mistakes(reader, "a:\nletters:\n"), IsEmpty());
  EXPECT_THAT(Mistakes(reader, "a:\n  rules:\n"), IsEmpty());
  EXPECT_THAT(Mistakes(reader, ""), IsEmpty());
  EXPECT_EQ(checked, 3U) << "a check sees that a key is missing";
  EXPECT_THAT(rules.rules, ElementsAre(Rule{1, 1s}));
  EXPECT_THAT(letters, ElementsAre('x'));
  EXPECT_THAT(Mistakes(reader, "a: {limit: }"),
              ElementsAre("1:5: a.limit: has no value, must be a whole number from 0 to 5"));
}

TEST(ValueReader, NamesTheItemInAList) {
  Rules rules;
  EXPECT_THAT(Mistakes(RulesReader(rules), "rules: [{port: 1}, {port: 0, prt: 1}]"),
              ElementsAre("1:27: rules[1].port: 0 is too small, must be from 1 to 65535",
                          "1:30: rules[1].prt: unknown key, did you mean \"port\"? known keys: "
                          "port, age"));
}

TEST(ValueReader, CountsTheItems) {
  Rules rules;
  EXPECT_THAT(Mistakes(RulesReader(rules), "rules: [1, 2, 3]"),
              ElementsAre("1:8: rules: has 3 values, must be a list with from 0 to 2 values"));
}

TEST(ValueReader, KnowsTheKeysBelow) {
  Rules rules;
  const ValueReader reader = Mapping({{"a", RulesReader(rules)}, {"b", Number(rules.limit, {})}});
  EXPECT_THAT(reader.key_paths, ElementsAre("a.limit", "a.rules", "b"));
}

TEST(ValueReader, ChecksOnlyWhatIsRightByItself) {
  unsigned number = 0;
  int checked = 0;
  const ValueReader reader =
      Mapping({{"n", Number(number, {.min = 1, .max = 2})}}, [&](const Place& place) {
        ++checked;
        place.Reject("rejected");
      });
  EXPECT_THAT(Mistakes(reader, "n: 3"), ElementsAre("1:4: n: 3 is too large, must be from 1 to 2"));
  EXPECT_EQ(checked, 0);
  EXPECT_THAT(Mistakes(reader, "n: 2"), ElementsAre("1:1: rejected"));
  EXPECT_EQ(checked, 1);
}

Result<char> ParseLetter(std::string_view text) {
  if (text.size() != 1) return Error{0, "must be one letter"};
  return text.front();
}

TEST(ValueReader, ReadsTextInQuotesOrWithout) {
  char letter = '-';
  const ValueReader reader = Text(letter, "a letter", ParseLetter);
  EXPECT_THAT(Mistakes(reader, "a"), IsEmpty());
  EXPECT_EQ(letter, 'a');
  EXPECT_THAT(Mistakes(reader, "\"7\""), IsEmpty());
  EXPECT_EQ(letter, '7');
  EXPECT_THAT(Mistakes(reader, "bc"), ElementsAre("1:1: must be one letter"));
  EXPECT_THAT(Mistakes(reader, "[]"), ElementsAre("1:1: is a list, must be a letter"));
  EXPECT_EQ(letter, '7');
}

TEST(ValueReader, TakesOneItemForAList) {
  std::vector<char> letters{'x', 'y'};
  const auto letter = [](char& into) { return Text(into, "a letter", ParseLetter); };
  const ValueReader reader =
      Mapping({{"letters", OneOrList(letters, {.min = 1, .max = 2}, letter)}});
  EXPECT_THAT(Mistakes(reader, "letters: a"), IsEmpty());
  EXPECT_THAT(letters, ElementsAre('a'));
  EXPECT_THAT(Mistakes(reader, "letters: [b, c]"), IsEmpty());
  EXPECT_THAT(letters, ElementsAre('b', 'c'));
  EXPECT_THAT(Mistakes(reader, "letters: ab"), ElementsAre("1:10: letters: must be one letter"));
  EXPECT_THAT(Mistakes(reader, "letters: [a, bc]"),
              ElementsAre("1:14: letters[1]: must be one letter"));
  EXPECT_THAT(Mistakes(reader, "letters:"),
              ElementsAre("1:1: letters: has no value, must be a letter"));
  EXPECT_THAT(Mistakes(reader, "letters: []"),
              ElementsAre("1:10: letters: has 0 values, must be a list with from 1 to 2 values"));
}

TEST(ValueReader, ClipsAndEscapesAKeyItDoesNotKnow) {
  Rules rules;
  const std::string known = ": unknown key, known keys: limit, rules";
  EXPECT_THAT(Mistakes(RulesReader(rules), "\"a\\nb\": 1"), ElementsAre("1:1: a\\nb" + known));
  EXPECT_THAT(Mistakes(RulesReader(rules), std::string(900, 'x') + ": 1"),
              ElementsAre("1:1: " + std::string(40, 'x') + "..." + known));
}

}  // namespace
}  // namespace connwatch::value_reader_test
