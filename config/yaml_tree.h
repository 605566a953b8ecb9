// Parses YAML text into a bounded tree of plain values with their positions. value_reader.h then
// gives them meaning.
//
// yaml-cpp's own YAML::Node was rejected: it silently keeps the last of two equal keys, turns
// aliases into a graph, and reads to the end before anything can be refused. With yaml-cpp's event
// interface this tree can refuse a document at the first unwanted event.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace connwatch {

/// A position in a text, from 1 on. The column counts bytes. 0:0 means the text as a whole.
struct TextPosition {
  int line = 0;
  int column = 0;

  bool operator==(const TextPosition&) const = default;
};

struct YamlNode {
  enum class Kind : std::uint8_t { kNull, kScalar, kSequence, kMapping };

  Kind kind = Kind::kNull;
  TextPosition position;  // of a null, which has no text: the position of its key or list
  std::string text;       // of a scalar
  bool quoted = false;    // a scalar in quotes or in a block, which is a string and never a number
  /// The items of a sequence, or the values of a mapping in the order of the text.
  std::vector<YamlNode> children;
  /// The key of this value in a mapping. Equal keys are all kept.
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
