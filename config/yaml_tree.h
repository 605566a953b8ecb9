// YAML text -> a bounded tree of plain values with their places, the step before value_reader.h
// gives them meaning.
//
// yaml-cpp's own YAML::Node was not used: it keeps the last of two equal keys without a word, turns
// aliases into a graph, and reads to the end before anything can be refused. Its event interface
// lets this tree refuse a document at the first event that is not wanted.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace connwatch {

/// A place in a text, from 1; the column counts bytes. 0:0 means the text as a whole.
struct TextPosition {
  int line = 0;
  int column = 0;

  bool operator==(const TextPosition&) const = default;
};

struct YamlNode {
  enum class Kind : std::uint8_t { kNull, kScalar, kSequence, kMapping };

  Kind kind = Kind::kNull;
  TextPosition position;  // of a null: its key's or its list's, because it has no text of its own
  std::string text;       // of a scalar
  bool quoted = false;    // a scalar in quotes or in a block, which is a string and never a number
  /// The items of a sequence, or the values of a mapping in the order of the text.
  std::vector<YamlNode> children;
  /// The key under which this stands in a mapping. Equal keys are all kept.
  std::string key;
  TextPosition key_position;
};

/// Why a text is no acceptable YAML.
struct YamlMistake {
  TextPosition position;
  std::string message;
};

/// Parses `text`. An empty document is a null at 0:0. Refused: what is not YAML or not UTF-8,
/// control characters, a second document, aliases, anchors, tags, directives, keys that are not
/// words, nesting over 32 levels, more than 200,000 values or 200,000 commas and brackets.
std::variant<YamlNode, YamlMistake> ParseYaml(std::string_view text);

}  // namespace connwatch
