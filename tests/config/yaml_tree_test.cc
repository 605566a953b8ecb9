#include "config/yaml_tree.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

namespace connwatch::yaml_tree_test {
namespace {

std::string At(TextPosition position) {
  return std::to_string(position.line) + ":" + std::to_string(position.column);
}

// The tree as one line: kind and place of every node.
std::string Render(const YamlNode& node) {
  std::string text;
  if (!node.key.empty()) text = node.key + "@" + At(node.key_position) + "=";
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return text + "null@" + At(node.position);
    case YamlNode::Kind::kScalar:
      return text + (node.quoted ? "'" + node.text + "'" : node.text) + "@" + At(node.position);
    case YamlNode::Kind::kSequence:
    case YamlNode::Kind::kMapping:
      break;
  }
  const bool is_list = node.kind == YamlNode::Kind::kSequence;
  text += is_list ? "[" : "{";
  for (const YamlNode& child : node.children) {
    if (&child != node.children.data()) text += " ";
    text += Render(child);
  }
  return text + (is_list ? "]@" : "}@") + At(node.position);
}

std::string Parsed(std::string_view text) {
  const std::variant<YamlNode, YamlMistake> parsed = ParseYaml(text);
  if (const auto* mistake = std::get_if<YamlMistake>(&parsed)) {
    return At(mistake->position) + ": " + mistake->message;
  }
  return Render(std::get<YamlNode>(parsed));
}

std::string Repeated(std::string_view text, int times) {
  std::string repeated;
  for (int i = 0; i < times; ++i) repeated += text;
  return repeated;
}

TEST(YamlTree, KeepsKindsOrderAndPlaces) {
  EXPECT_EQ(Parsed("b: 1\na:\n  - x\n  - [y, 'z']\nc: {d: e}\n"),
            "{b@1:1=1@1:4 a@2:1=[x@3:5 [y@4:6 'z'@4:9]@4:5]@3:3 c@5:1={d@5:5=e@5:8}@5:4}@1:1");
}

TEST(YamlTree, KeepsEqualKeys) {
  EXPECT_EQ(Parsed("a: 1\na: 2\n"), "{a@1:1=1@1:4 a@2:1=2@2:4}@1:1");
}

TEST(YamlTree, TellsStringsFromPlainWords) {
  EXPECT_EQ(Parsed("[1, '1', \"1\"]"), "[1@1:2 '1'@1:5 '1'@1:10]@1:1");
  EXPECT_EQ(Parsed("a: |\n  1\n"), "{a@1:1='1\n'@1:4}@1:1");
}

TEST(YamlTree, PutsANullWhereItsKeyOrListIs) {
  EXPECT_EQ(Parsed("a:\nb: ~\nc: null\n"), "{a@1:1=null@1:1 b@2:1=null@2:1 c@3:1=null@3:1}@1:1");
  EXPECT_EQ(Parsed("a:\n  -\n  - 1\n"), "{a@1:1=[null@2:3 1@3:5]@2:3}@1:1");
}

TEST(YamlTree, TakesAnEmptyDocumentForNull) {
  for (const std::string_view text :
       {"", "\n", "# only a comment\n", "---\n", "---\n...\n", "~\n", "\xef\xbb\xbf"}) {
    EXPECT_EQ(Parsed(text), "null@0:0");
  }
}

TEST(YamlTree, TakesByteOrderMarkLineEndsAndDocumentMarks) {
  EXPECT_EQ(Parsed("\xef\xbb\xbf"
                   "a: 1\r\nb: 2\r\n"),
            "{a@1:1=1@1:4 b@2:1=2@2:4}@1:1");
  EXPECT_EQ(Parsed("---\na: 1\n...\n"), "{a@2:1=1@2:4}@2:1");
}

TEST(YamlTree, CountsColumnsInBytes) { EXPECT_EQ(Parsed("größe: 1"), "{größe@1:1=1@1:10}@1:1"); }

TEST(YamlTree, RefusesASecondDocument) {
  const std::string message = ": a second document starts here, must be a single one";
  EXPECT_EQ(Parsed("a: 1\n---\nb: 2\n"), "2:1" + message);
  EXPECT_EQ(Parsed("a: 1\n---\n"), "2:1" + message);
  EXPECT_EQ(Parsed("- a\nb: 1\n"), "2:1" + message);
}

TEST(YamlTree, RefusesAnchorsAndAliases) {
  const std::string message =
      ": anchors (&) and aliases (*) are not supported, must be written out";
  EXPECT_EQ(Parsed("a: &x 1\nb: *x\n"), "1:4" + message);
  EXPECT_EQ(Parsed("a: *x\n"), "1:4" + message);
  EXPECT_EQ(Parsed("&x a: 1\n"), "1:1" + message);
  EXPECT_EQ(Parsed("a: &x [1]\n"), "1:4" + message);
  EXPECT_EQ(Parsed("a: &x {b: 1}\n"), "1:4" + message);
  EXPECT_EQ(Parsed("a: &x\n"), "1:4" + message);
}

TEST(YamlTree, RefusesAnAliasBomb) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string name = "a" + std::to_string(i);
    bomb.append(name).append(": &").append(name).append(" [");
    bomb.append(Repeated("*a" + std::to_string(i - 1) + ", ", 10)).append("]\n");
  }
  EXPECT_EQ(Parsed(bomb),
            "1:5: anchors (&) and aliases (*) are not supported, must be written out");
}

TEST(YamlTree, RefusesTags) {
  const std::string message = ": tags (!) are not supported, must be a plain value";
  EXPECT_EQ(Parsed("a: !!int 3\n"), "1:4" + message);
  EXPECT_EQ(Parsed("a: !x [1]\n"), "1:4" + message);
  EXPECT_EQ(Parsed("a: !x {b: 1}\n"), "1:4" + message);
  EXPECT_EQ(Parsed("a: !x ~\n"), "1:4" + message);
  EXPECT_EQ(Parsed("!x a: 1\n"), "1:1" + message);
}

TEST(YamlTree, RefusesKeysThatAreNotWords) {
  EXPECT_EQ(Parsed("[a]: 1\n"),
            "1:1: this list or mapping is a key or is never closed, must be a word or be closed");
  EXPECT_EQ(Parsed("? {a: 1}\n: 2\n"),
            "1:3: this list or mapping is a key or is never closed, must be a word or be closed");
  EXPECT_EQ(Parsed(": 1\n"), "1:1: a key is missing, must be a word before the \":\"");
  EXPECT_EQ(Parsed("~: 1\n"), "1:1: a key is missing, must be a word before the \":\"");
}

TEST(YamlTree, RefusesWhatIsNotYaml) {
  EXPECT_EQ(Parsed("a: [1, 2\n"),
            "1:4: not valid YAML: opened here and never closed, must end with ]");
  EXPECT_EQ(Parsed("a: {b: 1"),
            "1:4: not valid YAML: opened here and never closed, must end with }");
  EXPECT_EQ(Parsed("a: [1 [2]]\n"), "1:7: not valid YAML: must have a comma or ] before this");
  EXPECT_EQ(Parsed("a: {b: 'c' d}\n"), "1:12: not valid YAML: must have a comma or } before this");
  EXPECT_EQ(Parsed("a: b: c\n"),
            "1:5: not valid YAML: a \":\" is not allowed here, must be indented with spaces, or in "
            "quotes within a value");
  EXPECT_EQ(
      Parsed("a:\n    b: 1\n  c: 1\n"),
      "3:3: not valid YAML: the indentation fits nothing above, must line up with the keys or "
      "items around it");
  EXPECT_EQ(Parsed("a: @x\n"),
            "1:4: not valid YAML: no value begins with this character, must be in quotes");
  for (const std::string_view text : {"a: \"x", "a: \"x\n", "a: 'x\n\n", "a: \"x\n# comment\n"}) {
    EXPECT_EQ(Parsed(text),
              "1:1: not valid YAML: a quote after this is never closed, must end with another");
  }
  EXPECT_EQ(Parsed("a: 1\n]\n"), "2:1: not valid YAML: illegal flow end");
  EXPECT_EQ(Parsed("a: \"\\q\"\n"), "1:7: not valid YAML: unknown escape character: q");
}

TEST(YamlTree, RefusesTextThatMustNotReachTheParser) {
  EXPECT_EQ(Parsed("\xef\xbb\xbf"
                   "a: \x04"),
            "1:4: the control character \\x04 is not allowed, must be text");
}

TEST(YamlTree, NestsThirtyTwoLevels) {
  EXPECT_NE(Parsed(Repeated("[", 32) + Repeated("]", 32)).find("[[["), std::string::npos);
  EXPECT_EQ(Parsed(Repeated("[", 33) + Repeated("]", 33)),
            "1:33: nested too deeply, must be at most 32 levels");
  EXPECT_EQ(Parsed(Repeated("- ", 33)), "1:65: nested too deeply, must be at most 32 levels");
}

TEST(YamlTree, RefusesDeepNestingOfEveryKind) {
  const std::string too_deep = ": nested too deeply, must be at most 32 levels";
  EXPECT_EQ(Parsed(Repeated("[", 25'000) + Repeated("]", 25'000)), "1:33" + too_deep);
  EXPECT_EQ(Parsed(Repeated("{a: ", 25'000) + Repeated("}", 25'000)), "1:129" + too_deep);
  EXPECT_EQ(Parsed(Repeated("- ", 500'000)), "1:65" + too_deep);
  EXPECT_EQ(Parsed(Repeated("{", 200'000)),
            "1:1: this list or mapping is a key or is never closed, must be a word or be closed");
  EXPECT_EQ(Parsed(Repeated("? ", 500'000)),
            "1:3: this list or mapping is a key or is never closed, must be a word or be closed");
  EXPECT_EQ(Parsed(Repeated("[", 1'000'000)),
            "1:200001: too many commas and brackets, must be at most 200000");
  std::string block;
  for (std::size_t level = 0; level < 1'000; ++level) block += std::string(level, ' ') + "a:\n";
  EXPECT_EQ(Parsed(block), "33:33" + too_deep);
}

TEST(YamlTree, HoldsTwoHundredThousandValues) {
  EXPECT_EQ(Parsed(Repeated("-\n", 199'999)).size(), Repeated("null@1:1 ", 199'999).size() + 5);
  EXPECT_EQ(Parsed(Repeated("-\n", 200'000)), "1:1: too many values, must be at most 200000");
  EXPECT_EQ(Parsed(Repeated("a: b\n", 200'001)),
            "200001:4: too many values, must be at most 200000");
}

}  // namespace
}  // namespace connwatch::yaml_tree_test
